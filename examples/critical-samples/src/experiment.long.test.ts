import { PassThrough } from 'node:stream';
import { type DataSet, type ImageSet, progressBars, renderReport } from '@cnnviz/example-support';
import { createRandom } from '@cnnviz/internal';
import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { allConditions, type CriticalRun, conditionName, runExperiment, type Scale, scales } from './experiment.ts';
import { poolRuns } from './pool-runs.ts';
import { criticalSamplesChapter } from './report.ts';

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

const data: DataSet = { train: halves(40, 0), test: halves(60, 1) };
const scale: Scale = {
  ...scales.quick,
  trainImages: 32,
  heldOutImages: 50,
  units: 32,
  epochs: 80,
  every: 40,
  seeds: [0],
  steps: { measuring: 2, training: 1 },
  conditions: allConditions.filter(({ images, noise, remedy }) => {
    return images === 'gaussian' || (remedy === 'none' && (noise === 0 || noise === 1)) || remedy.includes('+');
  }),
};
const progress = () => progressBars({ stream: new PassThrough() });

describe('the experiment on a small set', () => {
  test('learns real labels, learns random ones by heart, resumes, reports and leaks nothing', async () => {
    const kept: CriticalRun[] = [];
    const before = tf.memory().numTensors;
    const runs = await runExperiment({
      data,
      scale,
      progress: progress(),
      onRun: async (run) => void kept.push(JSON.parse(JSON.stringify(run))),
    });
    // The optimizers of tfjs-core keep a scalar each when they are disposed.
    expect(tf.memory().numTensors - before).toBeLessThanOrEqual(runs.length);
    expect(runs.map((run) => `${conditionName(run)}/${run.remedy}/${run.seed}`).slice(0, 5)).toEqual([
      'real labels/none/0',
      'random labels/none/0',
      'Gaussian images/none/0',
      'random labels/dropout + critical samples/0',
      'real labels/dropout + critical samples/0',
    ]);
    for (const { measurements } of runs) {
      expect(measurements.map(({ epoch }) => epoch)).toEqual([0, 40, 80]);
      for (const { csr } of measurements) expect(csr).toMatchObject({ radius: 0.3 / 255, images: 50 });
    }
    const lastOf = (name: string, remedy: string) =>
      runs.find((run) => conditionName(run) === name && run.remedy === remedy)!.measurements.at(-1)!;
    expect(lastOf('real labels', 'none').heldOutAccuracy).toBeGreaterThan(0.9);
    expect(lastOf('real labels', 'none').memorized).toBe(null);
    expect(lastOf('random labels', 'none').memorized).toBeGreaterThan(0.6);
    const remedied = lastOf('random labels', 'dropout + critical samples');
    expect(remedied.trainAccuracy).toBeLessThanOrEqual(lastOf('random labels', 'none').trainAccuracy);

    const trained: CriticalRun[] = [];
    const resumed = await runExperiment({
      data,
      scale,
      progress: progress(),
      resume: kept.slice(0, -1),
      onRun: async (run) => void trained.push(run),
    });
    expect(trained).toHaveLength(1);
    const untimed = (all: readonly CriticalRun[]) => all.map(({ seconds: _, ...run }) => run);
    expect(untimed(resumed)).toEqual(untimed(runs));

    const page = await renderReport({
      title: 'test',
      intro: [],
      facts: [],
      chapters: [criticalSamplesChapter(runs, 'halves')],
    });
    expect(page.match(/<svg/g)!.length).toBe(2);
    expect(page).toContain('random labels');
  });
});

test('pools the images of all seeds', () => {
  const measurement = (epoch: number, critical: number) => ({
    epoch,
    trainAccuracy: 1,
    memorized: null,
    heldOutAccuracy: 0.5,
    csr: { radius: 0.1, ratio: critical / 10, interval: [0, 1] as [number, number], critical, images: 10 },
  });
  const run = (seed: number, ...critical: number[]): CriticalRun => ({
    images: 'real',
    noise: 0,
    remedy: 'none',
    seed,
    seconds: 1,
    measurements: critical.map((count, index) => measurement(index, count)),
  });
  const [pooled, ...others] = poolRuns([run(0, 1, 2), run(1, 3, 5)]);
  expect(others).toEqual([]);
  expect(pooled!.seeds).toEqual([0, 1]);
  expect(pooled!.curve.map(({ epoch, ratio }) => [epoch, ratio])).toEqual([
    [0, 0.2],
    [1, 0.35],
  ]);
  expect(pooled!.csr).toMatchObject({ critical: 7, images: 20, ratio: 0.35 });
  expect(pooled!.csr.interval[0]).toBeLessThan(0.35);
});
