import { PassThrough } from 'node:stream';
import {
  type DataSet,
  type ImageSet,
  perceptronWithDropout,
  progressBars,
  renderReport,
} from '@cnnviz/example-support';
import { createRandom } from '@cnnviz/internal';
import { capacity } from '@cnnviz/regularizers';
import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { type ExperimentRun, runExperiment, type Scale, scales, stagesOf } from './experiment.ts';
import { randomizationChapter } from './report.ts';

useBackend('wasm');

/** Two classes, dark above or dark below. */
function halves(count: number, seed: number): ImageSet {
  const random = createRandom(seed);
  const labels = Uint8Array.from({ length: count }, (_, index) => index % 2);
  const images = Uint8Array.from({ length: count * 64 }, (_, index) => {
    const isUpper = index % 64 < 32;
    return 60 + random.integer(100) + (isUpper === (labels[Math.floor(index / 64)] === 0) ? 60 : 0);
  });
  return { name: 'halves', images, labels, shape: [8, 8, 1], classes: ['upper', 'lower'], bounds: [0, 1] };
}
const data: DataSet = { train: halves(40, 0), test: halves(40, 1) };
const scale: Scale = {
  ...scales.quick,
  trainImages: 32,
  testImages: 40,
  epochs: 40,
  corruptions: [0.5],
  otherSets: [16],
};
const progress = () => progressBars({ stream: new PassThrough() });

describe('the experiment on a small set', () => {
  test('fits everything, understands true labels, resumes, and reports', async () => {
    const kept: ExperimentRun[] = [];
    const before = tf.memory().numTensors;
    const runs = await runExperiment({
      data,
      scale,
      seed: 0,
      progress: progress(),
      onRun: async (run) => {
        kept.push(JSON.parse(JSON.stringify(run)));
      },
    });
    expect(tf.memory().numTensors).toBe(before);
    expect(runs.map(({ condition, regularizer, samples }) => `${condition}/${regularizer}/${samples}`)).toEqual([
      'true labels/none/32',
      'labels corrupted with p = 0.5/none/32',
      'random labels/none/32',
      'shuffled pixels/none/32',
      'random pixels/none/32',
      'gaussian/none/32',
      'true labels/weight decay 5e-4/32',
      'random labels/weight decay 5e-4/32',
      'true labels/none/16',
      'random labels/none/16',
    ]);
    for (const run of runs) expect(run.trainAccuracy).toBeGreaterThan(0.95);
    expect(runs[0]!.testAccuracy).toBeGreaterThan(0.9);
    expect(runs[2]!.testAccuracy).toBeLessThan(0.85);

    const resumed = await runExperiment({ data, scale, seed: 0, progress: progress(), resume: kept });
    expect(resumed).toEqual(runs);

    const chapter = randomizationChapter(runs, 'halves');
    const page = await renderReport({ title: 'test', intro: [], facts: [], chapters: [chapter] });
    expect(page.match(/<svg/g)!.length).toBe(3);
    expect(page).toContain('random labels');
  });

  test('has a progress bar for each part', async () => {
    let bars = 0;
    const counting = {
      stage: <T>(_: string, __: number, work: (update: () => void) => Promise<T>) => {
        bars++;
        return work(() => {});
      },
    };
    const tiny = { ...scale, epochs: 1, trainImages: 8, testImages: 8, otherSets: [4, 6] };
    await runExperiment({ data, scale: tiny, seed: 0, progress: counting });
    expect(bars).toBe(stagesOf(tiny));
  });
});

test.each([
  [1, 1_209_866],
  [3, 1_735_178],
])('the MLP %d×512 has the parameters that the paper states', (hiddenLayers, parameters) => {
  const model = perceptronWithDropout({
    inputShape: [28, 28, 3],
    classes: 10,
    dropout: 0,
    seed: 0,
    hiddenLayers,
  });
  expect(capacity(model.variables, { samples: 50_000 }).parameters).toBe(parameters);
  model.dispose();
});

test('dropout is in training only, and another with another seed', async () => {
  const model = perceptronWithDropout({
    inputShape: [4, 4, 1],
    classes: 3,
    dropout: 0.5,
    seed: 0,
    hiddenLayers: 1,
  });
  const images = tf.ones([1, 4, 4, 1]) as tf.Tensor4D;
  const logits = async (training: boolean, seed: number) => {
    const output = model.apply(images, { training, seed });
    const values = [...(await output.data())];
    output.dispose();
    return values;
  };
  expect(await logits(true, 0)).toEqual(await logits(true, 0));
  expect(await logits(true, 0)).not.toEqual(await logits(true, 1));
  expect(await logits(false, 0)).toEqual(await logits(false, 1));
  images.dispose();
  model.dispose();
});
