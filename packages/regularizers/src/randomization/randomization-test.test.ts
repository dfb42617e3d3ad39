import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test, vi } from 'vitest';
import { denseModel, patternExamples } from '../../test-support/dense-model.ts';
import {
  corruptionChart,
  type ModelRequest,
  type RandomizationRun,
  type RandomizationTestOptions,
  randomizationCurves,
  randomizationTest,
  randomMirror,
  summarizeRuns,
  whiten,
} from '../index.ts';

useBackend('cpu');

const data = { train: () => patternExamples(24, 0), test: () => patternExamples(60, 1) };
const bothSets = () => ({ train: data.train(), test: data.test() });
const createModel = ({ seed, dropout, classes }: ModelRequest) =>
  denseModel({ seed, rate: dropout, classes, hidden: 64 });
const options: RandomizationTestOptions = {
  classes: 3,
  createModel,
  createOptimizer: () => tf.train.momentum(0.1, 0.9),
  epochs: 40,
  batchSize: 8,
  seeds: [0],
};

describe('the paper in small', () => {
  const conditions = ['true labels', { corruptedLabels: 0.5 }, 'random labels', 'shuffled pixels', 'gaussian'] as const;

  test('every condition is fitted, test error rises to chance with p, and shuffled pixels do a dense net no harm', async () => {
    const runs = await randomizationTest(bothSets(), { ...options, conditions, seeds: [0, 1], epochs: 60 });
    const rows = Object.fromEntries(summarizeRuns(runs).map((row) => [row.condition, row]));
    for (const row of Object.values(rows)) expect(row.trainAccuracy).toBe(1);
    expect(rows['true labels']!.testAccuracy).toBeGreaterThan(0.95);
    expect(rows['shuffled pixels']!.testAccuracy).toBeGreaterThan(0.95);
    const half = rows['labels corrupted with p = 0.5']!.testAccuracy;
    expect(half).toBeLessThan(0.9);
    expect(half).toBeGreaterThan(0.45);
    expect(rows['random labels']!.testAccuracy).toBeLessThan(0.6);
    expect(rows['random labels']!.epochsToFit!).toBeGreaterThan(rows['true labels']!.epochsToFit!);
    expect(rows['true labels']!.parameters).toBe(16 * 64 + 64 + 64 * 3 + 3);
  });
});

test('runs conditions × regularizers × seeds, each with what it asks for', async () => {
  const requests: ModelRequest[] = [];
  const runs = await randomizationTest(bothSets(), {
    ...options,
    epochs: 2,
    seeds: [0, 7],
    regularizers: [
      { name: 'none' },
      { name: 'weight decay', weightDecay: 0.5 },
      { name: 'dropout', dropout: 0.5 },
      { name: 'augmentation', augmentation: randomMirror() },
      { name: 'all', weightDecay: 0.5, dropout: 0.5, augmentation: randomMirror() },
    ],
    prepare: whiten,
    createModel: (request) => {
      requests.push(request);
      return createModel(request);
    },
  });
  expect(runs.map(({ condition, regularizer, seed }) => `${condition}/${regularizer}/${seed}`)).toEqual(
    ['true labels', 'random labels'].flatMap((condition) =>
      ['none', 'weight decay', 'dropout', 'augmentation', 'all'].flatMap((name) =>
        [0, 7].map((seed) => `${condition}/${name}/${seed}`),
      ),
    ),
  );
  const ofOne = [0, 0, 0, 0, 0.5, 0.5, 0, 0, 0.5, 0.5];
  expect(requests.map(({ dropout }) => dropout)).toEqual([...ofOne, ...ofOne]);
  expect(requests[0]).toEqual({ shape: [4, 4, 1], classes: 3, dropout: 0, seed: 0 });
  const [none, , decayed, , dropped, , mirrored, , all] = runs;
  expect(none!.curve[0]!.penalty).toBe(0);
  expect(decayed!.curve[0]!.penalty).toBeGreaterThan(0);
  expect(all!.curve[0]!.penalty).toBeGreaterThan(0);
  const losses = [none, decayed, dropped, mirrored, all].map((run) => run!.curve[1]!.loss);
  expect(new Set(losses).size).toBe(5);
});

test('resumes run by run: finished runs are kept and not repeated', async () => {
  const settings = { ...options, epochs: 2, seeds: [0, 1], conditions: ['true labels', 'gaussian'] as const };
  const whole = await randomizationTest(bothSets(), settings);
  const abort = new AbortController();
  const kept: RandomizationRun[] = [];
  const stopped = randomizationTest(bothSets(), {
    ...settings,
    signal: abort.signal,
    onRun: (run) => {
      kept.push(JSON.parse(JSON.stringify(run)));
      if (kept.length === 2) abort.abort(new Error('killed'));
    },
  });
  await expect(stopped).rejects.toThrow('killed');
  expect(kept.length).toBe(2);
  const again: RandomizationRun[] = [];
  const resumed = await randomizationTest(bothSets(), {
    ...settings,
    resume: { kind: 'randomizationTest', version: 1, runs: JSON.parse(JSON.stringify(kept)) },
    onRun: (run) => {
      again.push(run);
    },
  });
  expect(resumed).toEqual(whole);
  expect(again).toEqual(whole.slice(2));
});

test('a label that is no class is an error, in either set', async () => {
  for (const set of ['train', 'test'] as const) {
    const sets = bothSets();
    sets[set].labels = tf.fill(sets[set].labels.shape, 3, 'int32');
    await expect(randomizationTest(sets, { ...options, epochs: 1 })).rejects.toThrow(
      /labels must be within \[0, 2\], got 3/,
    );
  }
});

test('ends a run once it fits', async () => {
  const [run] = await randomizationTest(bothSets(), { ...options, conditions: ['true labels'], fittedAt: 0.9 });
  expect(run!.epochs).toBeLessThan(40);
  expect(run!.curve.at(-1)!.accuracy).toBeGreaterThanOrEqual(0.9);
  expect(run!.curve.slice(0, -1).every(({ accuracy }) => accuracy < 0.9)).toBe(true);
});

describe('what callbacks return', () => {
  const short = { ...options, conditions: ['true labels'], epochs: 1 } as const;

  test('may be the images, or images that are kept', async () => {
    const kept = bothSets();
    const runs = await randomizationTest(bothSets(), {
      ...short,
      seeds: [0, 1],
      prepare: (images) => (images.shape[0] === 24 ? kept.train.images : images),
    });
    expect(runs).toHaveLength(2);
    expect(kept.train.images.isDisposed).toBe(false);
  });

  test('as a model or an optimizer must be a fresh one, since it is disposed', async () => {
    const model = denseModel({ classes: 3, hidden: 64 });
    const again = randomizationTest(bothSets(), { ...short, seeds: [0, 1], createModel: () => model });
    await expect(again).rejects.toThrow('createModel must make a new one for each run, and gave one again');
    const optimizer = tf.train.sgd(0.1);
    const twice = randomizationTest(bothSets(), { ...short, seeds: [0, 1], createOptimizer: () => optimizer });
    await expect(twice).rejects.toThrow('createOptimizer must make a new one for each run, and gave one again');
  });

  test.each([
    [
      'a promise of a model',
      { createModel: async () => denseModel() },
      'what createModel returns must be an object, got an instance of Promise',
    ],
    ['a name of an optimizer', { createOptimizer: () => 'sgd' }, 'what createOptimizer returns must be an Optimizer'],
    ['no images', { prepare: () => undefined }, 'images must be a float32 tensor [n, h, w, c], got undefined'],
  ])('as %s is told so, and leaves nothing', async (_, wrong, message) => {
    const sets = bothSets();
    const before = tf.memory().numTensors;
    await expect(randomizationTest(sets, { ...short, ...wrong } as never)).rejects.toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a dispose that throws costs neither the run nor what else is disposed', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const sets = bothSets();
    const before = tf.memory().numTensors;
    const models: ReturnType<typeof denseModel>[] = [];
    const failing = {
      ...short,
      createModel: (request: ModelRequest) => {
        models.push(createModel(request));
        const dispose = () => {
          throw new Error('no');
        };
        return { ...models.at(-1)!, dispose };
      },
    };
    expect(await randomizationTest(sets, failing)).toHaveLength(1);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('disposing what a run had made failed: no'));
    tf.dispose(models.flatMap(({ variables }) => variables));
    expect(tf.memory().numTensors).toBe(before);
    warn.mockRestore();
  });
});

const run = (part: Partial<RandomizationRun>): RandomizationRun => ({
  condition: 'true labels',
  corruption: 0,
  regularizer: 'none',
  seed: 0,
  parameters: 10,
  samples: 5,
  epochs: 2,
  trainLoss: 0.1,
  trainAccuracy: 1,
  testLoss: 2,
  testAccuracy: 0.5,
  curve: [0.5, 1].map((accuracy, epoch) => ({ epoch, learningRate: 0.1, loss: 1 - accuracy, penalty: 0, accuracy })),
  ...part,
});

test('the summary takes means over seeds', () => {
  const rows = summarizeRuns([run({}), run({ seed: 1, testAccuracy: 0.7 }), run({ condition: 'gaussian' })]);
  expect(rows.map(({ condition, runs }) => [condition, runs])).toEqual([
    ['true labels', 2],
    ['gaussian', 1],
  ]);
  expect(rows[0]!.testAccuracy).toBeCloseTo(0.6, 12);
  expect(rows[0]!.gap).toBeCloseTo(0.4, 12);
  expect(rows[0]!.epochsToFit).toBe(2);
  expect(summarizeRuns([run({ curve: run({}).curve.slice(0, 1) })])[0]!.epochsToFit).toBeNull();
});

test('the charts hold the runs: curves of all, test error of those with true pixels', () => {
  const runs = [
    run({}),
    run({ condition: 'random labels', corruption: 1 }),
    run({ condition: 'labels corrupted with p = 0.5', corruption: 0.5 }),
    run({ condition: 'shuffled pixels' }),
  ];
  expect(randomizationCurves(runs).data.values.length).toBe(8);
  const chart = corruptionChart(runs, { classes: 10 });
  expect(chart.data.values.map(({ corruption }) => corruption)).toEqual([0, 1, 0.5]);
  expect(JSON.parse(JSON.stringify(chart))).toEqual(chart);
  expect(randomizationCurves([...runs, run({ regularizer: 'dropout' })])).toHaveProperty('facet');
  expect(() => randomizationCurves([])).toThrow(/randomizationCurves: runs must be at least one run, got \[\]/);
  expect(() => corruptionChart(runs, { classes: 1 })).toThrow(/classes must be an integer >= 2, got 1/);
});
