import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type Progress, progressBars, renderReport } from '@cnnviz/example-support';
import { loadModel } from '@cnnviz/models';
import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dissectedScenes, type Outcome, runExperiment, type Scale, stagesOf } from './experiment.ts';
import { reportChapters } from './report.ts';

useBackend('wasm');

const scale: Scale = {
  name: 'test',
  size: 16,
  trainingScenes: 60,
  validationScenes: 30,
  dissectedScenes: 20,
  batchSize: 20,
  permutations: 19,
  colorEpochs: 2,
  phases: [
    { task: 'scene', learningRate: 0.003, epochs: 3, dissectedAfter: [0, 1, 3] },
    { task: 'texture', learningRate: 0.003, epochs: 1, dissectedAfter: [0, 1] },
  ],
};

let folder: string;
let outcome: Outcome;
let leaked: number;
const quiet = () => progressBars({ stream: new PassThrough() });
const run = (name: string, progress: Progress, other: Partial<Scale> = {}) =>
  runExperiment({ scale: { ...scale, ...other }, seed: 0, folder: join(folder, name), progress });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dissect-training-'));
  const before = tf.memory().numTensors;
  outcome = await run('undisturbed', quiet());
  leaked = tf.memory().numTensors - before;
});

afterAll(() => rm(folder, { recursive: true }));

describe('runExperiment', () => {
  test('dissects all layers after the epochs that it was asked for, and keeps no tensor', () => {
    expect(leaked).toBe(0);
    expect(outcome.phases.map(({ task, history }) => [task, history.length])).toEqual([
      ['scene', 3],
      ['texture', 1],
    ]);
    for (const [index, { epochs }] of outcome.phases.entries()) {
      expect(epochs.map(({ epoch }) => epoch)).toEqual(scale.phases[index]!.dissectedAfter);
      for (const { dissections } of epochs) {
        expect(dissections.map(({ layer, units }) => [layer, units.length])).toEqual([
          ['conv1', 16],
          ['conv2', 32],
          ['conv3', 48],
          ['conv4', 64],
        ]);
      }
    }
  });

  test('dissects another network after each epoch, and begins a task with the network that the last one ended with', () => {
    const [scene, texture] = outcome.phases;
    const thresholds = ({ dissections }: (typeof scene & object)['epochs'][number]) =>
      dissections.map(({ units }) => units.map(({ threshold }) => threshold));
    const [first, second, last] = scene!.epochs.map(thresholds);
    expect(first).not.toEqual(second);
    expect(second).not.toEqual(last);
    expect(thresholds(texture!.epochs[0]!)).toEqual(last);
    expect(thresholds(texture!.epochs[1]!)).not.toEqual(last);
  });

  test('ends, however often it was stopped, where an undisturbed one ends, and does nothing twice', async () => {
    /** Throws as the `count`th report of the stage whose name has `word` in it comes. */
    const failing = (word: string, count: number): Progress => ({
      stage: (label, _, work) => {
        let reports = 0;
        return work(() => {
          if (label.includes(word) && ++reports === count) throw new Error('stopped');
        });
      },
    });
    for (const [word, count] of [
      ['learning to tell scenes', 6],
      ['dissecting scene', 3],
      ['dissecting texture', 3],
    ] as const) {
      await expect(run('stopped', failing(word, count))).rejects.toThrow('stopped');
    }
    const dissected = join(folder, 'stopped', 'scene-epoch-1.json');
    const { mtimeMs } = await stat(dissected);
    const resumed = await run('stopped', quiet());
    const place = (text: string) => text.replaceAll(join(folder, 'stopped'), join(folder, 'undisturbed'));
    expect(JSON.parse(place(JSON.stringify(resumed)))).toEqual(JSON.parse(JSON.stringify(outcome)));
    expect((await stat(dissected)).mtimeMs).toBe(mtimeMs);
    expect((await readdir(join(folder, 'stopped'))).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('refuses the folder of another experiment', async () => {
    await expect(run('undisturbed', quiet(), { batchSize: 10 })).rejects.toThrow('choose another --out');
  });
});

test('the report has a chapter for each question, and describes each chart and picture', async () => {
  const networks = await Promise.all(outcome.phases.map(({ network }) => loadModel(network, { bounds: [0, 255] })));
  const chapters = await reportChapters(outcome, networks, dissectedScenes(scale, 0));
  for (const network of networks) network.dispose();
  expect(chapters.map(({ id }) => id)).toEqual(['learning', 'layers', 'emergence', 'tuning-texture']);
  const page = await renderReport({ title: 'test', intro: [], facts: [], chapters });
  expect(page.match(/<svg/g)).toHaveLength(9);
  expect(page.match(/<div role="img" aria-label="[^"]{30,}"><svg/g)).toHaveLength(9);
  const pictures = [...page.matchAll(/<img [^>]*alt="([^"]*)"/g)].map(([, alt]) => alt!);
  expect(pictures.length).toBeGreaterThan(0);
  for (const alt of pictures) expect(alt).toMatch(/^The \d scenes? that drive unit \d+ of conv4 most/);
  expect(stagesOf(scale)).toBe(5);
});
