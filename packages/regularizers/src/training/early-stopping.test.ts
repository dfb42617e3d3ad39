import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, test, vi } from 'vitest';
import { EarlyStopping, type EarlyStoppingOptions, earlyStoppingCallback } from '../index.ts';

useBackend('cpu');

const [inf, nan] = [Number.POSITIVE_INFINITY, Number.NaN];

// Expected by hand from keras/src/callbacks/early_stopping.py, but for the rows with metrics that are not finite.
const table: [string, EarlyStoppingOptions, number[], stop: number | undefined, best: number | undefined][] = [
  ['patience 0 stops at the first epoch without improvement', { mode: 'min' }, [3, 2, 2.5, 1], 2, 1],
  ['the first epoch never stops', { mode: 'min' }, [3, 2, 1], undefined, 2],
  ['patience 2 waits for two', { mode: 'min', patience: 2 }, [3, 4, 5, 1], 2, 0],
  [
    'patience 1 stops where patience 0 does: Keras counts the epoch itself',
    { mode: 'min', patience: 1 },
    [3, 4, 1],
    1,
    0,
  ],
  ['an improvement resets', { mode: 'min', patience: 2 }, [3, 4, 2, 4, 4, 0], 4, 2],
  ['equal is no improvement', { mode: 'min', patience: 2 }, [3, 3, 3], 2, 0],
  ['max', { mode: 'max', patience: 2 }, [0.1, 0.5, 0.4, 0.5, 0.9], 3, 1],
  ['minDelta, min: less is no improvement', { mode: 'min', minDelta: 1, patience: 2 }, [5, 4.5, 4.2, 3], 2, 0],
  ['minDelta, exactly is no improvement', { mode: 'min', minDelta: 1, patience: 2 }, [5, 4, 4], 2, 0],
  ['minDelta, max', { mode: 'max', minDelta: 0.1, patience: 2 }, [0.5, 0.55, 0.58, 0.9], 2, 0],
  ['startEpoch: earlier epochs are not looked at', { mode: 'min', startEpoch: 2, patience: 1 }, [0, 9, 5, 6], 3, 2],
  ['startEpoch: the first one looked at is accepted', { mode: 'min', startEpoch: 2 }, [0, 0, 9, 8, 7], undefined, 4],
  // Improvements that do not beat the baseline go on being waited for, and an improvement itself never stops.
  ['baseline not beaten', { mode: 'min', baseline: 1, patience: 2 }, [5, 4, 3, 3, 0], 3, 2],
  ['baseline beaten in time', { mode: 'min', baseline: 4, patience: 2 }, [5, 3, 3.5, 3.5, 3.5], 3, 1],
  ['baseline, max', { mode: 'max', baseline: 0.9, patience: 2 }, [0.5, 0.6, 0.6], 2, 1],
  ['a first NaN does not poison the best', { mode: 'min', patience: 3 }, [nan, 2, 1, 1.5], undefined, 2],
  ['NaN is an epoch without improvement', { mode: 'min', patience: 2 }, [3, nan, nan, 1], 2, 0],
  ['only NaN stops too', { mode: 'max', patience: 2 }, [nan, nan, nan], 1, undefined],
  ['infinity is never the best', { mode: 'max', patience: 3 }, [inf, 0.5, 0.6, 0.7], undefined, 3],
  ['minus infinity is never the best loss', { mode: 'min', patience: 3 }, [-inf, 0.5, 0.4], undefined, 2],
];

async function run(options: EarlyStoppingOptions, metrics: readonly number[], from = new EarlyStopping(options)) {
  const weight = tf.tidy(() => tf.variable(tf.zeros([2])));
  try {
    let stoppedAt: number | undefined;
    for (const [epoch, metric] of metrics.entries()) {
      tf.tidy(() => weight.assign(tf.fill([2], 100 + epoch)));
      if ((await from.observe(epoch, metric, [weight])).stop) {
        stoppedAt = epoch;
        break;
      }
    }
    const restored = from.restore([weight]);
    const [value] = await weight.data();
    return { stoppedAt, stoppedEpoch: from.stoppedEpoch, bestEpoch: from.bestEpoch, restored, value };
  } finally {
    weight.dispose();
  }
}

describe('as Keras, over a table of metrics', () => {
  test.each(table)('%s', async (_, options, metrics, stop, best) => {
    const result = await run({ ...options, restoreBest: true }, metrics);
    expect(result).toEqual({
      stoppedAt: stop,
      stoppedEpoch: stop,
      bestEpoch: best,
      restored: best !== undefined,
      value: best === undefined ? 100 + (stop ?? metrics.length - 1) : 100 + best,
    });
  });
});

test('does not keep weights that it was not asked for', async () => {
  expect((await run({ mode: 'min' }, [2, 1, 3])).restored).toBe(false);
});

test('resumes from its state, sent as data, as if never interrupted', async () => {
  const options = { mode: 'min', patience: 2, restoreBest: true } as const;
  const weight = tf.tidy(() => tf.variable(tf.fill([2], 7)));
  const first = new EarlyStopping(options);
  await first.observe(0, 1, [weight]);
  await first.observe(1, 2, [weight]);
  const second = new EarlyStopping({ ...options, resume: structuredClone(first.state()) });
  tf.tidy(() => weight.assign(tf.zeros([2])));
  expect(await second.observe(2, 3, [weight])).toEqual({ improved: false, stop: true });
  expect(second.restore([weight])).toBe(true);
  expect([...(await weight.data())]).toEqual([7, 7]);
  weight.dispose();
});

test.each([
  [{}, TypeError, /mode must be one of "min", "max", got undefined/],
  [{ mode: 'auto' }, RangeError, /mode must be one of "min", "max", got "auto"/],
  [{ mode: 'min', patience: -1 }, RangeError, /EarlyStopping: patience must be an integer >= 0, got -1/],
  [{ mode: 'min', patience: 1.5 }, RangeError, /patience must be an integer >= 0, got 1.5/],
  [{ mode: 'min', minDelta: -0.1 }, RangeError, /minDelta must be a number >= 0, got -0.1/],
  [{ mode: 'min', baseline: Number.NaN }, RangeError, /baseline must be a number, got NaN/],
  [{ mode: 'min', startEpoch: '1' }, TypeError, /startEpoch must be an integer >= 0, got "1"/],
])('rejects %j', (options, kind, message) => {
  expect(() => new EarlyStopping(options as never)).toThrow(kind);
  expect(() => new EarlyStopping(options as never)).toThrow(message);
});

test('keeps weights of every kind: a counter of steps is no float', async () => {
  const variables: tf.Variable[] = tf.tidy(() => [
    tf.variable(tf.scalar(0.5)),
    tf.variable(tf.scalar(16_777_217, 'int32')),
    tf.variable(tf.tensor1d([1, 0], 'bool')),
  ]);
  const stopping = new EarlyStopping({ mode: 'min', restoreBest: true });
  await stopping.observe(0, 1, variables);
  for (const variable of variables) tf.tidy(() => variable.assign(tf.zerosLike(variable)));
  stopping.restore(variables);
  const values = await Promise.all(variables.map(async (variable) => [...(await variable.data())]));
  expect(values).toEqual([[0.5], [16_777_217], [1, 0]]);
  const best = stopping.bestWeights()!;
  expect(best.map(({ dtype }) => dtype)).toEqual(['float32', 'int32', 'bool']);
  tf.dispose([best, variables]);
});

test('does not resume under another mode, which would make the worst the best', async () => {
  const first = new EarlyStopping({ mode: 'min' });
  await first.observe(0, 0.3);
  expect(() => new EarlyStopping({ mode: 'max', resume: first.state() })).toThrow(
    'EarlyStopping: mode must be "min", as in the saved state, got "max"',
  );
});

test('says what it needs to restore, and what does not fit', async () => {
  const stopping = new EarlyStopping({ mode: 'min', restoreBest: true });
  await expect(stopping.observe(0, 1)).rejects.toThrow(/weights must be the weights to restore, got \[\]/);
  const weight = tf.tidy(() => tf.variable(tf.zeros([2])));
  await stopping.observe(0, 1, [weight]);
  const other = tf.tidy(() => tf.variable(tf.zeros([3])));
  expect(() => stopping.restore([other])).toThrow(/variables\[0\] must be of shape \[2\], got float32 tensor \[3\]/);
  expect(() => stopping.restore([])).toThrow(/variables must be the 1 that were kept, got 0/);
  tf.dispose([weight, other]);
});

describe('as a callback of LayersModel.fit', () => {
  const model = () => {
    const layers = [tfl.layers.dense({ units: 1, useBias: false, inputShape: [1], kernelInitializer: 'ones' })];
    const made = tfl.sequential({ layers });
    // The target is 0; a learning rate this large makes the weight grow.
    made.compile({ optimizer: tf.train.sgd(3), loss: 'meanSquaredError' });
    return made;
  };
  const kernel = async (of: tfl.Sequential) => (await of.getWeights()[0]!.data())[0]!;
  const [xs, ys] = [() => tf.ones([2, 1]), () => tf.zeros([2, 1])];

  test('stops, and restores the best weights', async () => {
    const layers = model();
    const callback = earlyStoppingCallback(layers, { monitor: 'loss', mode: 'min', patience: 2, restoreBest: true });
    const before = tf.memory().numTensors;
    const [x, y] = [xs(), ys()];
    const history = await layers.fit(x, y, { epochs: 20, callbacks: callback, verbose: 0 });
    tf.dispose([x, y]);
    expect(history.epoch).toEqual([0, 1, 2]);
    // w <- w - 3 · 2w = -5w, so the first epoch's loss is the best; its weight is -5, after its step.
    expect(await kernel(layers)).toBeCloseTo(-5, 4);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('restores them too when the epochs are over, or another stopped the training', async () => {
    for (const stopper of [undefined, 1]) {
      const layers = model();
      const callback = earlyStoppingCallback(layers, { monitor: 'loss', mode: 'min', patience: 9, restoreBest: true });
      const other = new tfl.CustomCallback({
        onEpochEnd: async (epoch) => {
          if (epoch === stopper) layers.stopTraining = true;
        },
      });
      const mine = new tfl.CustomCallback(callback);
      const history = await layers.fit(xs(), ys(), { epochs: 3, callbacks: [other, mine], verbose: 0 });
      expect(history.epoch.length).toBe(stopper === undefined ? 3 : 2);
      expect(await kernel(layers)).toBeCloseTo(-5, 4);
    }
  });

  test('tfjs-layers’ own still throws (tensorflow/tfjs#8488), which is why this one is there', () => {
    expect(() => tfl.callbacks.earlyStopping({ monitor: 'loss', restoreBestWeights: true })).toThrow();
  });

  test('gives weights back in their kind', async () => {
    const weights = [tf.scalar(0.5), tf.scalar(7, 'int32')];
    const set: string[][] = [];
    const counting = {
      stopTraining: false,
      getWeights: () => weights,
      setWeights: (given: tf.Tensor[]) => void set.push(given.map(({ dtype }) => dtype)),
    };
    const callback = earlyStoppingCallback(counting, { monitor: 'loss', mode: 'min', restoreBest: true });
    await callback.onTrainBegin();
    await callback.onEpochEnd(0, { loss: 1 });
    await callback.onTrainEnd();
    expect(set).toEqual([['float32', 'int32']]);
    tf.dispose(weights);
  });

  test('a history is not lost where the weights cannot be given back', async () => {
    const layers = model();
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const callback = earlyStoppingCallback(layers, { monitor: 'loss', mode: 'min', patience: 9, restoreBest: true });
    layers.setWeights = () => {
      throw new Error('no');
    };
    const history = await layers.fit(xs(), ys(), { epochs: 3, callbacks: callback, verbose: 0 });
    expect(history.epoch).toEqual([0, 1, 2]);
    const warning = '@cnnviz/regularizers: earlyStoppingCallback: restoring the best weights failed: no';
    expect(warn.mock.calls).toContainEqual([warning]);
    warn.mockRestore();
  });

  test('a metric that fit does not log is an error that names those it does', async () => {
    const layers = model();
    const callback = earlyStoppingCallback(layers, { monitor: 'val_loss', mode: 'min' });
    const training = layers.fit(xs(), ys(), { epochs: 2, callbacks: callback, verbose: 0 });
    await expect(training).rejects.toThrow(/earlyStoppingCallback: monitor must be one of loss, got "val_loss"/);
  });
});
