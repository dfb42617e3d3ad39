import { batchesOf, type LabeledImages, type Trainable } from '@cnnviz/internal';
import { useBackend } from '@cnnviz/testing';
import type { Tensor1D, Tensor2D, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { denseModel, patternExamples } from '../../test-support/dense-model.ts';
import {
  augment,
  type Checkpoint,
  colorJitter,
  constantRate,
  cosineRate,
  decodeCheckpoint,
  defineAugmentation,
  encodeCheckpoint,
  evaluate,
  exponentialRate,
  l2Penalty,
  randomCrop,
  randomMirror,
  stepRate,
  type TrainableModel,
  type TrainOptions,
  train,
} from '../index.ts';

useBackend('cpu');
afterEach(() => tf.disposeVariables());

const weightsOf = (model: { variables: Variable[] }) =>
  Promise.all(model.variables.map(async (variable) => [...(await variable.data())]));

const data = (count = 24, size = 8, seed = 0) => batchesOf({ ...patternExamples(count, seed) }, size);

describe('against a loop written out', () => {
  test.each([
    ['sgd', () => tf.train.sgd(0.1)],
    ['momentum', () => tf.train.momentum(0.05, 0.9)],
    ['adam', () => tf.train.adam(0.01)],
  ] as const)('%s: the same weights, bit for bit', async (_, optimizerOf) => {
    const [ours, theirs] = [denseModel(), denseModel()];
    const batches = data();
    const optimizer = optimizerOf();
    const { history } = await train(ours, batches, { optimizer: optimizerOf(), epochs: 3, seed: 0 });
    const losses: number[] = [];
    for (let epoch = 0; epoch < 3; epoch++) {
      let sum = 0;
      for (const { images, labels } of batches) {
        const loss = optimizer.minimize(
          () =>
            tf.losses.softmaxCrossEntropy(tf.oneHot(labels, 3), theirs.apply(images, { training: true })) as tf.Scalar,
          true,
        )!;
        sum += (await loss.data())[0]! / 3;
      }
      losses.push(sum);
    }
    expect(await weightsOf(ours)).toEqual(await weightsOf(theirs));
    for (const [epoch, loss] of losses.entries()) expect(history[epoch]!.loss).toBeCloseTo(loss, 5);
  });

  test('penalty in the loss, weight decay beside it', async () => {
    const step = async (options: Partial<TrainOptions>) => {
      const model = denseModel();
      const before = await weightsOf(model);
      await train(model, data(8), { optimizer: tf.train.sgd(0.5), epochs: 1, seed: 0, ...options });
      return { before, after: await weightsOf(model) };
    };
    const plain = await step({});
    const penalized = await step({ penalty: (variables) => l2Penalty(variables, { lambda: 0.05 }) });
    const decayed = await step({ weightDecay: 0.1 });
    for (const [v, values] of plain.before.entries()) {
      const isKernel = v % 2 === 0;
      for (const [i, w] of values.entries()) {
        const expected = plain.after[v]![i]! - (isKernel ? 0.5 * 0.1 * w : 0);
        expect(penalized.after[v]![i]).toBeCloseTo(expected, 5);
        expect(decayed.after[v]![i]).toBeCloseTo(expected, 5);
      }
    }
  });
});

test('learns, and reports what evaluate measures', async () => {
  const model = denseModel();
  const validation = data(30, 7, 1);
  const { history, stoppedBy } = await train(model, data(), {
    optimizer: tf.train.momentum(0.1, 0.9),
    epochs: 8,
    seed: 0,
    validation,
  });
  const last = history.at(-1)!;
  expect(stoppedBy).toBe('epochs');
  expect(history.map(({ epoch }) => epoch)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(last.accuracy).toBeGreaterThan(0.95);
  const { loss, accuracy, examples } = await evaluate(model, validation);
  expect(examples).toBe(30);
  expect({ loss, accuracy }).toEqual({ loss: last.validationLoss, accuracy: last.validationAccuracy });
});

test('evaluate weighs unequal batches by their examples', async () => {
  const model = denseModel();
  const whole = await evaluate(model, data(10, 10));
  const parts = await evaluate(model, data(10, 4));
  expect(parts.loss).toBeCloseTo(whole.loss, 6);
  expect(parts.accuracy).toBeCloseTo(whole.accuracy, 10);
});

describe('schedules', () => {
  test('are their formulas', () => {
    expect([0, 5].map(constantRate(0.1))).toEqual([0.1, 0.1]);
    const step = stepRate({ initial: 1, at: [2, 4], factor: 0.5 });
    expect([0, 1, 2, 3, 4, 9].map(step)).toEqual([1, 1, 0.5, 0.5, 0.25, 0.25]);
    const exponential = exponentialRate({ initial: 0.1, factor: 0.95 });
    expect(exponential(3)).toBeCloseTo(0.1 * 0.95 * 0.95 * 0.95, 12);
    const cosine = cosineRate({ initial: 1, final: 0.2, epochs: 4 });
    for (const [epoch, rate] of [1, 0.6 + 0.4 * Math.SQRT1_2, 0.6, 0.6 - 0.4 * Math.SQRT1_2, 0.2, 0.2].entries()) {
      expect(cosine(epoch)).toBeCloseTo(rate, 12);
    }
  });

  test.each([
    [() => constantRate(0), /constantRate: rate must be a number > 0, got 0/],
    [() => stepRate({ initial: 1, at: [-1] }), /stepRate: at must be an integer >= 0, got -1/],
    [() => exponentialRate({ initial: 1, factor: 0 }), /exponentialRate: factor must be a number > 0, got 0/],
    [() => cosineRate({ initial: 1, epochs: 0 }), /cosineRate: epochs must be a number > 0, got 0/],
  ])('reject what makes no sense', (make, message) => expect(make).toThrow(message));

  test.each([
    ['sgd', () => tf.train.sgd(9)],
    ['momentum', () => tf.train.momentum(9, 0)],
  ] as const)('set the rate that %s uses', async (_, optimizerOf) => {
    const scheduled = denseModel();
    const schedule = stepRate({ initial: 0.1, at: [1] });
    const { history } = await train(scheduled, data(8), { optimizer: optimizerOf(), epochs: 2, seed: 0, schedule });
    const byHand = denseModel();
    await train(byHand, data(8), { optimizer: tf.train.sgd(0.1), epochs: 1, seed: 0 });
    await train(byHand, data(8), { optimizer: tf.train.sgd(0.1 * 0.1), epochs: 1, seed: 0 });
    expect(await weightsOf(scheduled)).toEqual(await weightsOf(byHand));
    expect(history.map(({ learningRate }) => learningRate)).toEqual([0.1, 0.1 * 0.1]);
  });
});

describe('early stopping', () => {
  /** The validation loss gets worse from the third epoch on: the learning rate explodes. */
  const options = (): TrainOptions => ({
    optimizer: tf.train.sgd(0.1),
    epochs: 9,
    seed: 0,
    schedule: (epoch) => (epoch < 2 ? 0.1 : 40),
    validation: data(12, 12, 1),
    earlyStopping: { monitor: 'validationLoss', mode: 'min', patience: 2, restoreBest: true },
  });

  async function bestWeights() {
    const model = denseModel();
    await train(model, data(), { optimizer: tf.train.sgd(0.1), epochs: 2, seed: 0 });
    return weightsOf(model);
  }

  test('stops and restores the weights of the best epoch', async () => {
    const model = denseModel();
    const { stoppedBy, bestEpoch, history } = await train(model, data(), options());
    expect({ stoppedBy, bestEpoch, epochs: history.length }).toEqual({
      stoppedBy: 'earlyStopping',
      bestEpoch: 1,
      epochs: 4,
    });
    expect(await weightsOf(model)).toEqual(await bestWeights());
  });

  test('restores them also when epochs, stopWhen, an abort or an error end training', async () => {
    const abort = new AbortController();
    const endings: Partial<TrainOptions>[] = [
      { epochs: 3 },
      { stopWhen: ({ epoch }) => epoch === 2 },
      {
        signal: abort.signal,
        onProgress: ({ record }) => {
          if (record?.epoch === 2) abort.abort(new Error('abort'));
        },
      },
      { onProgress: ({ record }) => (record?.epoch === 2 ? Promise.reject(new Error('a fault')) : undefined) },
    ];
    const expected = await bestWeights();
    for (const ending of endings) {
      const model = denseModel();
      const outcome = await train(model, data(), { ...options(), ...ending }).catch((error: Error) => error.message);
      if (typeof outcome !== 'string') expect(outcome.stoppedBy).toBe(ending.epochs ? 'epochs' : 'stopWhen');
      expect(await weightsOf(model)).toEqual(expected);
    }
  });
});

describe('checkpoints', () => {
  const augmentation = augment(randomCrop({ size: [4, 4], padding: 1 }), randomMirror());
  const makeOptions = (optimizer: tf.Optimizer): TrainOptions => ({
    optimizer,
    epochs: 3,
    seed: 5,
    schedule: exponentialRate({ initial: 0.02, factor: 0.9 }),
    penalty: (variables) => l2Penalty(variables, { lambda: 0.01 }),
    weightDecay: 0.01,
    augmentation,
    mixup: { alpha: 0.4 },
    labelSmoothing: 0.1,
    validation: data(9, 9, 1),
    earlyStopping: { monitor: 'validationLoss', mode: 'min', patience: 5, restoreBest: true },
    checkpointEvery: 2,
  });
  const ordered = (epoch: number) => data(24, 6, 10 + epoch);

  test.each([
    ['sgd', () => tf.train.sgd(0.02)],
    ['momentum', () => tf.train.momentum(0.02, 0.9, true)],
    ['adam', () => tf.train.adam(0.02)],
    ['adamax', () => tf.train.adamax(0.02)],
    ['rmsprop', () => tf.train.rmsprop(0.02, 0.9, 0.5)],
    ['adagrad', () => tf.train.adagrad(0.02)],
    ['adadelta', () => tf.train.adadelta(0.02)],
  ] as const)(
    '%s: from each checkpoint, through bytes, another model and optimizer end bit for bit where the first did',
    async (_, optimizerOf) => {
      const checkpoints: Uint8Array[] = [];
      const whole = denseModel({ rate: 0.3 });
      const expected = await train(whole, ordered, {
        ...makeOptions(optimizerOf()),
        onCheckpoint: (checkpoint) => {
          checkpoints.push(encodeCheckpoint(checkpoint));
        },
      });
      const weights = await weightsOf(whole);
      // 4 batches an epoch: after the 2nd and 4th, and at its end.
      expect(checkpoints.length).toBe(9);
      for (const bytes of [checkpoints[0]!, checkpoints[2]!, checkpoints[4]!, checkpoints[8]!]) {
        const resumed = denseModel({ rate: 0.3, seed: 99 });
        const resume = decodeCheckpoint(bytes);
        const result = await train(resumed, ordered, { ...makeOptions(optimizerOf()), resume });
        expect(result).toEqual(expected);
        expect(await weightsOf(resumed)).toEqual(weights);
      }
    },
  );

  test('more epochs go on where the last ones ended', async () => {
    let last: Checkpoint | undefined;
    const onCheckpoint = (checkpoint: Checkpoint) => {
      last = checkpoint;
    };
    const options = { seed: 0, onCheckpoint };
    await train(denseModel(), data(), { ...options, optimizer: tf.train.adam(0.01), epochs: 2 });
    const longer = denseModel();
    const { history } = await train(longer, data(), {
      ...options,
      optimizer: tf.train.adam(0.01),
      epochs: 4,
      resume: last!,
    });
    const whole = denseModel();
    const expected = await train(whole, data(), { seed: 0, optimizer: tf.train.adam(0.01), epochs: 4 });
    expect(history).toEqual(expected.history);
    expect(await weightsOf(longer)).toEqual(await weightsOf(whole));
  });

  test('a model with moving averages gets them back', async () => {
    const averaging = (): TrainableModel => {
      const inner = denseModel();
      const mean = tf.tidy(() => tf.variable(tf.scalar(0), false));
      return {
        variables: inner.variables,
        state: [mean],
        apply: (images, options) => {
          const centered = tf.sub(images, mean) as Tensor4D;
          if (options.training) tf.tidy(() => mean.assign(tf.add(tf.mul(mean, 0.9), tf.mul(0.1, tf.mean(images)))));
          return inner.apply(centered, options);
        },
      };
    };
    const kept: Checkpoint[] = [];
    const options = (): TrainOptions => ({ optimizer: tf.train.sgd(0.1), epochs: 2, seed: 0 });
    const whole = averaging();
    await train(whole, data(), {
      ...options(),
      onCheckpoint: (checkpoint) => {
        kept.push(checkpoint);
      },
    });
    const resumed = averaging();
    await train(resumed, data(), { ...options(), resume: kept[0]! });
    expect(await weightsOf({ variables: resumed.state! })).toEqual(await weightsOf({ variables: whole.state! }));
    expect(await weightsOf(resumed)).toEqual(await weightsOf(whole));
  });

  async function oneCheckpoint(): Promise<Checkpoint> {
    let kept: Checkpoint | undefined;
    await train(denseModel(), data(8), {
      optimizer: tf.train.momentum(0.1, 0.9),
      epochs: 1,
      seed: 0,
      onCheckpoint: (checkpoint) => {
        kept = checkpoint;
      },
    });
    return kept!;
  }

  test('another model, optimizer, seed or version is an error', async () => {
    const checkpoint = await oneCheckpoint();
    const resume = (model: TrainableModel, options: Partial<TrainOptions>) =>
      train(model, data(8), { optimizer: tf.train.momentum(0.1, 0.9), epochs: 2, resume: checkpoint, ...options });
    await expect(resume(denseModel({ hidden: 5 }), {})).rejects.toThrow(
      /train: resume must be of a model float32\[16,5\] .*, got "float32\[16,12\]/,
    );
    await expect(resume(denseModel(), { optimizer: tf.train.sgd(0.1) })).rejects.toThrow(
      /train: optimizer must be Momentum, as in the saved state, got "SGD"/,
    );
    await expect(resume(denseModel(), { seed: 1 })).rejects.toThrow(/seed must be 0, as in the saved state, got 1/);
    const other = { ...checkpoint, version: 2 as never };
    await expect(resume(denseModel(), { resume: other })).rejects.toThrow(
      'train: cannot resume from this state: it is of train, version 2; expected train, version 1',
    );
    expect(() => encodeCheckpoint(other)).toThrow(RangeError);
  });

  test('bytes cut off anywhere, damaged or foreign are an error that says so', async () => {
    const bytes = encodeCheckpoint(await oneCheckpoint());
    for (const length of [20, 30, 100, bytes.length - 5, bytes.length - 1]) {
      expect(() => decodeCheckpoint(bytes.subarray(0, length))).toThrow(/got \d+: it is cut off/);
    }
    expect(() => decodeCheckpoint(new Uint8Array())).toThrow(/must begin like a checkpoint/);
    expect(() => decodeCheckpoint(new TextEncoder().encode('{"version":1}'))).toThrow(/must begin like a checkpoint/);
    expect(() => decodeCheckpoint(Uint8Array.from([...bytes, 0]))).toThrow(/something follows it/);
    for (const at of [40, bytes.length - 30]) {
      const damaged = bytes.slice();
      damaged[at]! ^= 1;
      expect(() => decodeCheckpoint(damaged)).toThrow(/is damaged: its checksum does not fit/);
    }
    expect(() => decodeCheckpoint('text' as never)).toThrow(TypeError);
  });

  test('non-finite values survive as they are', async () => {
    const checkpoint = await oneCheckpoint();
    const odd = Float32Array.of(Number.NaN, Number.NEGATIVE_INFINITY, -0, 1e-45);
    const kept = { ...checkpoint, weights: [{ shape: [4], values: odd }] };
    expect(decodeCheckpoint(encodeCheckpoint(kept)).weights[0]!.values).toEqual(odd);
  });
});

describe('a loss that is not finite', () => {
  test('names epoch and batch, keeps the weights of the last finite loss and hands over no broken checkpoint', async () => {
    const checkpoints: Checkpoint[] = [];
    const model = denseModel();
    let step = 0;
    const seen: number[][][] = [];
    const broken: TrainableModel = {
      variables: model.variables,
      apply: (images, options) => {
        const logits = model.apply(images, options);
        return ++step === 6 ? (tf.mul(logits, Number.NaN) as typeof logits) : logits;
      },
    };
    const training = train(broken, data(), {
      optimizer: tf.train.sgd(0.1),
      epochs: 3,
      seed: 0,
      onProgress: async () => {
        seen.push(await weightsOf(model));
      },
      onCheckpoint: (checkpoint) => {
        checkpoints.push(checkpoint);
      },
    });
    await expect(training).rejects.toThrow(
      /train: the loss must be finite, got NaN in epoch 1, batch 2; the last good weights are kept/,
    );
    // Progress after batches 0, 1, 2, the epoch, 3, 4: the loss of batch 4 was finite with the weights after batch 3.
    expect(seen.length).toBe(6);
    expect(await weightsOf(model)).toEqual(seen[4]);
    expect(checkpoints.map(({ epoch }) => epoch)).toEqual([1]);
  });

  test('a step that overflows the weights is caught before a checkpoint of it', async () => {
    const model = denseModel();
    const before = await weightsOf(model);
    const checkpoints: Checkpoint[] = [];
    const training = train(model, data(8), {
      optimizer: tf.train.sgd(1e39),
      epochs: 1,
      seed: 0,
      onCheckpoint: (checkpoint) => {
        checkpoints.push(checkpoint);
      },
    });
    await expect(training).rejects.toThrow(
      /the weights must be finite, got NaN or Infinity before epoch 1, batch 0; the last good weights are kept/,
    );
    expect(checkpoints).toEqual([]);
    expect(await weightsOf(model)).toEqual(before);
  });
});

test('of the training data one batch is in memory at a time, and one augmented from it', async () => {
  let [alive, most] = [0, 0];
  const counted: Iterable<LabeledImages> = {
    *[Symbol.iterator]() {
      for (let index = 0; index < 5; index++) {
        const batch = patternExamples(4, index);
        most = Math.max(most, ++alive);
        yield batch;
        tf.dispose([batch.images, batch.labels]);
        alive--;
      }
    },
  };
  await train(denseModel(), counted, {
    optimizer: tf.train.sgd(0.1),
    epochs: 2,
    seed: 0,
    augmentation: randomMirror(),
  });
  expect({ alive, most }).toEqual({ alive: 0, most: 1 });
});

test('of the training data at most two batches are in memory while the model works, also when they are mixed', async () => {
  const [count, size] = [64, 16];
  const batchBytes = count * size * size * 4;
  const weights = tf.tidy(() => tf.variable(tf.zeros<tf.Rank.R2>([size * size, 3])));
  const [alone, most] = [tf.memory().numBytes, [] as number[]];
  const model: TrainableModel = {
    variables: [weights],
    apply: (images, { training }) => {
      if (training) most.push((tf.memory().numBytes - alone) / batchBytes);
      return tf.matMul(tf.reshape(images, [images.shape[0], size * size]), weights) as Tensor2D;
    },
  };
  const batches: Iterable<LabeledImages> = {
    *[Symbol.iterator]() {
      for (let index = 0; index < 3; index++) {
        const batch = {
          images: tf.ones([count, size, size, 1]) as Tensor4D,
          labels: tf.zeros([count], 'int32') as Tensor1D,
        };
        yield batch;
        tf.dispose([batch.images, batch.labels]);
      }
    },
  };
  const augmentation = augment(
    randomCrop({ size: [size, size], padding: 2 }),
    colorJitter({ bounds: [0, 1], brightness: 1 }),
  );
  await train(model, batches, { optimizer: tf.train.sgd(0.1), epochs: 1, seed: 0, augmentation, mixup: { alpha: 1 } });
  expect(most).toHaveLength(3);
  expect(Math.max(...most)).toBeLessThan(2.2);
  expect(Math.min(...most)).toBeGreaterThan(2);
});

describe('what callbacks return stays theirs', () => {
  const identity = defineAugmentation<null>({ name: 'maybe', draw: () => null, apply: (images) => images });

  test.each([
    ['an augmentation that returns its input', { augmentation: identity }],
    ['the same, composed and mixed', { augmentation: augment(identity, identity), mixup: { alpha: 1 } }],
    ["one that is not of defineAugmentation's making", { augmentation: Object.assign((x: Tensor4D) => x, identity) }],
  ] as const)('%s', async (_, options) => {
    const examples = patternExamples(6);
    const { history } = await train(denseModel(), [examples], {
      optimizer: tf.train.sgd(0.1),
      epochs: 3,
      seed: 0,
      ...options,
    });
    expect(history).toHaveLength(3);
    expect([examples.images.isDisposed, examples.labels.isDisposed]).toEqual([false, false]);
  });

  test('an augmentation that returns no images is told so, and nothing is left behind', async () => {
    const examples = patternExamples(6);
    const model = denseModel();
    const optimizer = tf.train.sgd(0.1);
    const before = tf.memory().numTensors;
    for (const [returned, shown] of [
      [undefined, 'a float32 tensor [n, h, w, c], got undefined'],
      [tf.zeros([5, 4, 4, 1]), '6 images, got float32 tensor [5, 4, 4, 1]'],
    ] as const) {
      const augmentation = Object.assign(() => returned as Tensor4D, identity);
      const training = train(model, [examples], { optimizer, epochs: 1, seed: 0, augmentation });
      await expect(training).rejects.toThrow(`train: what augmentation returns must be ${shown}`);
      tf.dispose(returned ?? []);
    }
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('a model that counts its steps in an int32 variable', () => {
  const counting = () => {
    const inner = denseModel();
    const steps = tf.tidy(() => tf.variable(tf.scalar(0, 'int32'), false));
    const model: TrainableModel = {
      variables: inner.variables,
      state: [steps],
      apply: (images, options) => {
        if (options.training) tf.tidy(() => steps.assign(tf.add(steps, tf.scalar(1, 'int32'))));
        return inner.apply(images, options);
      },
    };
    return { model, count: async () => (await steps.data())[0] };
  };
  const options = () => ({
    optimizer: tf.train.adam(0.01),
    epochs: 4,
    seed: 0,
    earlyStopping: { monitor: 'loss', mode: 'min', patience: 1, restoreBest: true } as const,
  });

  test('gets its best weights back, the counter included', async () => {
    const { model, count } = counting();
    const { history, bestEpoch } = await train(model, data(), { ...options(), stopWhen: ({ epoch }) => epoch === 2 });
    expect(history).toHaveLength(3);
    expect(bestEpoch).toBe(2);
    expect(await count()).toBe(9);
  });

  test('resumes from its checkpoints through bytes', async () => {
    const whole = counting();
    const checkpoints: Uint8Array[] = [];
    await train(whole.model, data(), {
      ...options(),
      onCheckpoint: (checkpoint) => void checkpoints.push(encodeCheckpoint(checkpoint)),
    });
    const resumed = counting();
    await train(resumed.model, data(), { ...options(), resume: decodeCheckpoint(checkpoints[1]!) });
    expect(await resumed.count()).toBe(12);
    expect(await weightsOf(resumed.model)).toEqual(await weightsOf(whole.model));
  });

  test('of a kind that cannot be kept is refused before the first step', async () => {
    const { model } = counting();
    const complex = tf.tidy(() => tf.variable(tf.complex([1], [0]), false));
    const training = train({ ...model, state: [complex] }, data(), options());
    await expect(training).rejects.toThrow(
      'train: model.state[0].dtype must be one of "float32", "int32", "bool", got "complex64"',
    );
  });
});

test('a history is not lost where the best weights cannot be restored', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const model = denseModel();
  const stolen = tf.tidy(() => tf.variable(tf.zeros([2]), false));
  const run = (fails: boolean) =>
    train({ ...model, state: [stolen] }, data(), {
      optimizer: tf.train.sgd(0.1),
      epochs: 2,
      seed: 0,
      earlyStopping: { monitor: 'loss', mode: 'min', restoreBest: true },
      onProgress: ({ epoch, record }) => {
        if (epoch !== 1 || record === undefined) return;
        stolen.assign = () => {
          throw new Error('no');
        };
        if (fails) throw new Error('disk full');
      },
    });
  expect((await run(false)).history).toHaveLength(2);
  await expect(run(true)).rejects.toThrow('disk full');
  expect(warn).toHaveBeenCalledWith('@cnnviz/regularizers: train: restoring the best weights failed: no');
  warn.mockRestore();
});

test('a validation loss that is not finite survives in a checkpoint', async () => {
  const checkpoints: Checkpoint[] = [];
  const inner = denseModel();
  const model: TrainableModel = {
    variables: inner.variables,
    apply: (images, options) =>
      options.training ? inner.apply(images, options) : (tf.fill([images.shape[0], 3], Number.NaN) as Tensor2D),
  };
  await train(model, data(), {
    optimizer: tf.train.sgd(0.1),
    epochs: 1,
    seed: 0,
    validation: data(),
    onCheckpoint: (checkpoint) => void checkpoints.push(checkpoint),
  });
  const [record] = decodeCheckpoint(encodeCheckpoint(checkpoints[0]!)).history;
  expect(record!.validationLoss).toBeNaN();
});

test('early stopping does not resume with another monitor', async () => {
  const checkpoints: Checkpoint[] = [];
  const options = { optimizer: tf.train.sgd(0.1), epochs: 1, seed: 0 };
  const stopping = { mode: 'min', monitor: 'loss' } as const;
  const onCheckpoint = (checkpoint: Checkpoint) => void checkpoints.push(checkpoint);
  await train(denseModel(), data(), { ...options, earlyStopping: stopping, onCheckpoint });
  const resumed = train(denseModel(), data(), {
    ...options,
    resume: checkpoints[0]!,
    earlyStopping: { ...stopping, monitor: 'accuracy' },
  });
  await expect(resumed).rejects.toThrow('earlyStopping.monitor must be "loss", as in the saved state, got "accuracy"');
});

test('tensors do not grow over many steps', async () => {
  const [model, batches, optimizer] = [denseModel(), data(), tf.train.adam(0.01)];
  const counts: number[] = [];
  await train(model, batches, {
    optimizer,
    epochs: 10,
    seed: 0,
    augmentation: randomMirror(),
    onProgress: ({ batch, record }) => {
      if (batch === 2 && record === undefined) counts.push(tf.memory().numTensors);
    },
  });
  expect(new Set(counts.slice(1)).size).toBe(1);
});

test('augmentation and seeds reach the model, another in each step', async () => {
  const inputs: string[] = [];
  const seeds: (number | undefined)[] = [];
  const inner = denseModel();
  const watched: TrainableModel = {
    variables: inner.variables,
    apply: (images, options) => {
      seeds.push(options.seed);
      inputs.push(images.shape.join());
      return inner.apply(images, options);
    },
  };
  await train(watched, data(8), {
    optimizer: tf.train.sgd(0.1),
    epochs: 3,
    seed: 0,
    augmentation: randomCrop({ size: [4, 4], padding: 2 }),
  });
  expect(new Set(seeds).size).toBe(3);
  expect(inputs).toEqual(Array(3).fill('8,4,4,1'));
});

test('takes a Trainable of the contract, and rejects labels without a logit', async () => {
  const model: Trainable = denseModel();
  const { images } = patternExamples(3);
  for (const [labels, received] of [
    [[0, 1, 3], '3 \\(value 2 of 3\\)'],
    [[-1, 1, 2], '-1 \\(value 0 of 3\\)'],
  ] as const) {
    const batch = { images, labels: tf.tensor1d([...labels], 'int32') };
    const before = await weightsOf(model);
    const training = train(model, [batch], { optimizer: tf.train.sgd(0.1), epochs: 1, seed: 0 });
    await expect(training).rejects.toThrow(new RegExp(`labels must be within \\[0, 2\\], got ${received}`));
    await expect(evaluate(model, [batch])).rejects.toThrow(/evaluate: labels must be within \[0, 2\]/);
    expect(await weightsOf(model)).toEqual(before);
  }
  images.dispose();
});
