import { createRandom, disposeOptimizer, type LabeledImages, type Trainable } from '@cnnviz/internal';
import { tinyTrainable, useBackend } from '@cnnviz/testing';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { criticalSampleBatches } from './critical-sample-batches.ts';
import {
  type CriticalTrainingCheckpoint,
  decodeCriticalTrainingCheckpoint,
  encodeCriticalTrainingCheckpoint,
} from './critical-training-checkpoint.ts';
import {
  type SeededTrainable,
  type TrainOnCriticalSamplesOptions,
  trainOnCriticalSamples,
} from './train-on-critical-samples.ts';

useBackend('wasm');

const size = 16;

function drawBatch(count: number, seed = 0): LabeledImages {
  const random = createRandom(seed);
  const pixels = random.fillUniform(new Float32Array(count * size));
  const labels = Int32Array.from({ length: count }, () => random.integer(2));
  return { images: tf.tensor4d(pixels, [count, 4, 4, 1]), labels: tf.tensor1d(labels, 'int32') };
}

/** Logits x·w and -x·w of one weight vector. */
function linearTrainable(weights: readonly number[]): Trainable {
  const column = tf.tidy(() => tf.variable(tf.tensor2d([...weights], [size, 1])));
  return {
    variables: [column],
    apply: (images) =>
      tf.tidy(() => {
        const projection = tf.matMul(tf.reshape(images, [images.shape[0], size]), column as unknown as Tensor2D);
        return tf.concat([projection, tf.neg(projection)], 1) as Tensor2D;
      }),
  };
}

const weights = [...createRandom(3).fillNormal(new Float32Array(size))];
const search = { bounds: [0, 1], radius: 0.1, alpha: 0.1, beta: 0, maxIterations: 2, seed: 0 } as const;
/** What a step along the sign of the gradient does to the projection x·w. */
const gain = 0.1 * weights.reduce((total, weight) => total + Math.abs(weight), 0);

async function projections(images: Tensor4D): Promise<number[]> {
  const values = await images.data<'float32'>();
  return Array.from({ length: images.shape[0] }, (_, image) =>
    weights.reduce((total, weight, pixel) => total + weight * values[image * size + pixel]!, 0),
  );
}

describe('criticalSampleBatches', () => {
  test.each([
    [0, 0],
    [0.3, 3],
    [0.5, 5],
    [1, 10],
  ])('puts critical samples in the place of a part %d of the images', async (weight, expected) => {
    const model = linearTrainable(weights);
    const source = drawBatch(10);
    const before = await projections(source.images);
    const found: number[] = [];
    for await (const { images, labels } of criticalSampleBatches(model, [source], {
      ...search,
      weight,
      onFound: ({ searched }) => found.push(searched),
    })) {
      const after = await projections(images);
      const moved = after.filter((value, image) => Math.abs(value - before[image]!) > 1e-3);
      expect(moved).toHaveLength(expected);
      expect(labels).toBe(source.labels);
      // Away from the prediction by one step of 0.1 in each pixel; the second changes nothing at the end of the box.
      for (const [image, value] of after.entries()) {
        const change = value - before[image]!;
        if (Math.abs(change) > 1e-3) expect(change).toBeCloseTo(before[image]! > 0 ? -gain : gain, 4);
      }
    }
    expect(found).toEqual(expected === 0 ? [] : [expected]);
    tf.dispose([source.images, source.labels, model.variables]);
  });

  test('searches with the model as it is when the batch is asked for, not training', async () => {
    const model = linearTrainable(weights);
    const modes: boolean[] = [];
    const watched: Trainable = {
      variables: model.variables,
      apply: (images, options) => {
        modes.push(options.training);
        return model.apply(images, options);
      },
    };
    const source = drawBatch(4);
    const changes: number[] = [];
    const before = await projections(source.images);
    for await (const { images } of criticalSampleBatches(watched, [source, source], { ...search, weight: 1 })) {
      changes.push((await projections(images))[0]! - before[0]!);
      tf.tidy(() => model.variables[0]!.assign(tf.neg(model.variables[0]!)));
    }
    // With all weights turned round the same image is taken for the other class, which is left the other way.
    expect(changes[0]).toBeCloseTo(before[0]! > 0 ? -gain : gain, 4);
    expect(changes[1]).toBeCloseTo(changes[0]!, 4);
    expect(new Set(modes)).toEqual(new Set([false]));
    tf.dispose([source.images, source.labels, model.variables]);
  });

  test('chooses other images in each batch and with each seed, and the same with the same', async () => {
    const model = linearTrainable(weights);
    const source = drawBatch(12);
    const choicesOf = async (seed: number) => {
      const choices: string[] = [];
      const before = await projections(source.images);
      for await (const { images } of criticalSampleBatches(model, [source, source], { ...search, seed })) {
        const after = await projections(images);
        choices.push(after.map((value, image) => Number(Math.abs(value - before[image]!) > 1e-3)).join(''));
      }
      return choices;
    };
    const [first, again, other] = [await choicesOf(0), await choicesOf(0), await choicesOf(1)];
    expect(again).toEqual(first);
    expect(new Set([...first, ...other]).size).toBe(4);
    tf.dispose([source.images, source.labels, model.variables]);
  });

  test('disposes its batches, also where the loop is left', async () => {
    const model = linearTrainable(weights);
    const source = drawBatch(4);
    const before = tf.memory().numTensors;
    for await (const _ of criticalSampleBatches(model, [source, source], search)) break;
    for await (const _ of criticalSampleBatches(model, [source, source], search)) tf.memory();
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([source.images, source.labels, model.variables]);
  });

  test('says what is wrong', () => {
    const model = linearTrainable(weights);
    expect(() => criticalSampleBatches(model, [], { ...search, weight: 1.5 })).toThrow(
      /criticalSampleBatches: weight must be a number >= 0 and <= 1, got 1.5/,
    );
    expect(() => criticalSampleBatches({} as never, [], search)).toThrow(/model.apply must be a function/);
    tf.dispose(model.variables);
  });
});

describe('trainOnCriticalSamples', () => {
  test('takes the steps of gradient descent by hand where there are no critical samples', async () => {
    const [model, byHand] = [linearTrainable(weights), linearTrainable(weights)];
    const batches = [drawBatch(5, 1), drawBatch(3, 2)];
    const [optimizer, sgd] = [tf.train.sgd(0.1), tf.train.sgd(0.1)];
    const { history } = await trainOnCriticalSamples(model, batches, { ...search, optimizer, epochs: 2, weight: 0 });
    const losses: number[] = [];
    for (let step = 0; step < 4; step++) {
      const { images, labels } = batches[step % 2]!;
      const loss = sgd.minimize(() => {
        const isLabel = tf.cast(tf.oneHot(labels, 2), 'float32');
        const logits = byHand.apply(images, { training: true });
        return tf.neg(tf.mean(tf.sum(tf.mul(isLabel, tf.logSoftmax(logits)), 1))) as tf.Scalar;
      }, true)!;
      losses.push((await loss.data())[0]!);
      loss.dispose();
    }
    const [actual, expected] = [await model.variables[0]!.data(), await byHand.variables[0]!.data()];
    for (const [index, weight] of actual.entries()) expect(weight).toBeCloseTo(expected[index]!, 5);
    expect(history.map(({ epoch }) => epoch)).toEqual([0, 1]);
    expect(history[0]!.loss).toBeCloseTo((5 * losses[0]! + 3 * losses[1]!) / 8, 5);
    expect(history[1]!.criticalSampleRatio).toBe(null);
    tf.dispose([...batches.flatMap(({ images, labels }) => [images, labels]), model.variables, byHand.variables]);
    optimizer.dispose();
    sgd.dispose();
  });

  test('makes a classifier whose margin is wider than that of plain training', async () => {
    // Pixel 0 tells the class by ±0.4, pixel 1 by ±0.02: in the box of 0.1 only the first can be trusted.
    const random = createRandom(5);
    const labels = Int32Array.from({ length: 64 }, (_, image) => image % 2);
    const pixels = Float32Array.from({ length: 64 * size }, (_, index) => {
      const way = labels[Math.floor(index / size)] === 0 ? 1 : -1;
      const pixel = index % size;
      return pixel === 0 ? 0.4 * way : pixel < 8 ? 0.02 * way : 0.01 * random.normal();
    });
    const data = [{ images: tf.tensor4d(pixels, [64, 4, 4, 1]), labels: tf.tensor1d(labels, 'int32') }];
    const ratioOf = async (weight: number) => {
      const model = linearTrainable(new Array<number>(size).fill(0.01));
      const optimizer = tf.train.sgd(1);
      const options = { ...search, bounds: [-1, 1] as const, optimizer, epochs: 60, weight };
      await trainOnCriticalSamples(model, data, options);
      const [first, ...rest] = await model.variables[0]!.data();
      tf.dispose(model.variables);
      optimizer.dispose();
      return rest.slice(0, 7).reduce((total, value) => total + value, 0) / first!;
    };
    const [plain, robust] = [await ratioOf(0), await ratioOf(1)];
    // Plain descent weighs each of the seven as it speaks: 7 · 0.02 / 0.4.
    expect(plain).toBeCloseTo(0.35, 1);
    expect(robust).toBeLessThan(0.5 * plain);
    tf.dispose(data.flatMap(({ images, labels: classes }) => [images, classes]));
  });

  test('gives the model another seed in each step, and trains in training mode', async () => {
    const inner = linearTrainable(weights);
    const seeds: (number | undefined)[] = [];
    const model: SeededTrainable = {
      variables: inner.variables,
      apply: (images, { training, seed }) => {
        if (training) seeds.push(seed);
        return inner.apply(images, { training });
      },
    };
    const batch = drawBatch(4);
    const optimizer = tf.train.sgd(0.01);
    await trainOnCriticalSamples(model, () => [batch, batch], { ...search, optimizer, epochs: 2 });
    expect(new Set(seeds).size).toBe(4);
    expect(seeds).not.toContain(undefined);
    tf.dispose([batch.images, batch.labels, model.variables]);
    optimizer.dispose();
  });

  /** A network that drops pixels by the seed of the step and keeps a moving average, as batch normalization does. */
  function droppingTrainable(seed = 3): SeededTrainable & { dispose(): void } {
    const kernel = tf.tidy(() =>
      tf.variable(tf.tensor2d(createRandom(seed).fillNormal(new Float32Array(size * 2)), [size, 2])),
    );
    const mean = tf.tidy(() => tf.variable(tf.scalar(0), false));
    return {
      variables: [kernel],
      state: [mean],
      apply: (images, { training, seed: ofStep }) =>
        tf.tidy(() => {
          const pixels = tf.reshape(images, [images.shape[0], size]);
          if (training) mean.assign(tf.add(tf.mul(mean, 0.9), tf.mul(0.1, tf.mean(pixels))));
          const isKept = Float32Array.from({ length: size }, (_, i) =>
            Number(((ofStep ?? 0) >>> i) % 4 > 0 || !training),
          );
          const seen = tf.mul(tf.sub(pixels, mean), tf.tensor1d(isKept));
          return tf.matMul(seen, kernel as unknown as Tensor2D) as Tensor2D;
        }),
      dispose: () => tf.dispose([kernel, mean]),
    };
  }

  test.each([
    ['momentum', () => tf.train.momentum(0.1, 0.9)],
    ['adam', () => tf.train.adam(0.05)],
  ] as const)(
    'with %s: killed anywhere and resumed through bytes, it ends bit for bit the same',
    async (_, optimizerOf) => {
      const data = [drawBatch(5, 1), drawBatch(4, 2), drawBatch(6, 3)];
      const valuesOf = (model: SeededTrainable) =>
        Promise.all([...model.variables, ...model.state!].map(async (variable) => [...(await variable.data())]));
      const options = { ...search, beta: 0.01, epochs: 3, weight: 0.5, seed: 7, checkpointEvery: 2 };
      const run = async (model: SeededTrainable, more: Partial<TrainOnCriticalSamplesOptions>) => {
        const optimizer = optimizerOf();
        try {
          const { history } = await trainOnCriticalSamples(model, data, { ...options, optimizer, ...more });
          return { history, values: await valuesOf(model) };
        } finally {
          disposeOptimizer(optimizer);
        }
      };
      const undisturbed = droppingTrainable();
      const saved: Uint8Array[] = [];
      const asked: CriticalTrainingCheckpoint[] = [];
      const expected = await run(undisturbed, {
        onCheckpoint: (checkpoint) => void saved.push(encodeCriticalTrainingCheckpoint(checkpoint)),
        onProgress: async ({ done, state }) => void (done === 4 && asked.push(await state())),
      });
      expect(saved.length).toBe(6);
      expect(asked[0]).toMatchObject({ kind: 'trainOnCriticalSamples', version: 1, epoch: 1, batch: 1, done: 4 });

      // A real kill leaves the last file and nothing else.
      const killed = droppingTrainable();
      const before: Uint8Array[] = [];
      await expect(
        run(killed, {
          onCheckpoint: (checkpoint) => void before.push(encodeCriticalTrainingCheckpoint(checkpoint)),
          onProgress: ({ done }) => {
            if (done === 6) throw new Error('killed');
          },
        }),
      ).rejects.toThrow('killed');
      expect(before).toEqual(saved.slice(0, 3));

      for (const resume of [...saved.map(decodeCriticalTrainingCheckpoint), asked[0]!]) {
        // Another process has other weights until it is given the saved ones.
        const resumed = droppingTrainable(99);
        expect(await run(resumed, { resume })).toEqual(expected);
        resumed.dispose();
      }
      undisturbed.dispose();
      killed.dispose();
      tf.dispose(data.flatMap(({ images, labels }) => [images, labels]));
    },
  );

  test('refuses the state of another training, and then leaves the model as it is', async () => {
    const data = [drawBatch(4, 1)];
    const model = droppingTrainable();
    const states: CriticalTrainingCheckpoint[] = [];
    const run = (changes: Partial<TrainOnCriticalSamplesOptions>, trained: SeededTrainable = model) =>
      trainOnCriticalSamples(trained, data, { ...search, optimizer: tf.train.adam(0.1), epochs: 2, ...changes });
    await run({ epochs: 1, onCheckpoint: (state) => void states.push(state) });
    const resume = states[0]!;
    const before = await model.variables[0]!.data();
    const of = 'trainOnCriticalSamples: ';
    await expect(run({ resume: { ...resume, version: 2 } })).rejects.toThrow(
      `${of}cannot resume from this state: it is of trainOnCriticalSamples, version 2; expected trainOnCriticalSamples`,
    );
    await expect(run({ resume: { ...resume, kind: 'train' as never } })).rejects.toThrow('it is of train, version 1');
    await expect(run({ resume, seed: 1 })).rejects.toThrow(`${of}seed must be 0, as in the saved state, got 1`);
    await expect(run({ resume, optimizer: tf.train.sgd(1) })).rejects.toThrow('as in the saved state, got "SGD"');
    await expect(run({ resume, weight: 2 })).rejects.toThrow('weight must be');
    const other = linearTrainable(weights);
    await expect(run({ resume }, other)).rejects.toThrow(`${of}resume must be of a model float32[16,1], got "float32`);
    for (const [part, value] of Object.entries({ mixing: {}, random: {}, running: {}, weights: [], history: [{}] })) {
      await expect(run({ resume: { ...resume, [part]: value } as never })).rejects.toThrow('@cnnviz/');
    }
    expect(() => encodeCriticalTrainingCheckpoint({ ...resume, batch: 1, mixing: null })).toThrow('checkpoint.mixing');
    expect(await model.variables[0]!.data()).toEqual(before);
    tf.dispose(data.flatMap(({ images, labels }) => [images, labels]));
    tf.dispose(other.variables);
    model.dispose();
  });

  test('says what is wrong, and leaves the weights of the last good step', async () => {
    const model = tinyTrainable({ shape: [4, 4, 1] });
    const { images, labels } = drawBatch(3);
    const optimizer = tf.train.sgd(0.01);
    const options = { ...search, optimizer, epochs: 1 };
    const run = (changes: object, data: LabeledImages[] = [{ images, labels }]) =>
      trainOnCriticalSamples(model, data, { ...options, ...changes });
    await expect(run({}, [])).rejects.toThrow(/trainOnCriticalSamples: batches must be at least one batch/);
    await expect(run({ optimizer: 'sgd' })).rejects.toThrow(/optimizer must be an Optimizer, got "sgd"/);
    await expect(run({ epochs: 0 })).rejects.toThrow(/epochs must be an integer >= 1, got 0/);
    await expect(run({ weight: -1 })).rejects.toThrow(/weight must be a number >= 0 and <= 1, got -1/);
    const outside = tf.tensor1d([0, 1, 3], 'int32') as Tensor1D;
    await expect(run({}, [{ images, labels: outside }])).rejects.toThrow(/labels must be within \[0, 2\], got 3/);
    const float = tf.tensor1d([0, 1, 2]) as Tensor1D;
    await expect(run({}, [{ images, labels: float }])).rejects.toThrow(/labels must be an int32 tensor \[3\]/);
    const before = await model.variables[0]!.data();
    const broken: Trainable = {
      variables: model.variables,
      apply: (input, { training }) =>
        tf.tidy(() => tf.mul(model.apply(input, { training }), training ? Number.NaN : 1) as Tensor2D),
    };
    await expect(trainOnCriticalSamples(broken, [{ images, labels }], options)).rejects.toThrow(
      /the loss must be finite, got NaN in epoch 0, batch 0/,
    );
    expect(await model.variables[0]!.data()).toEqual(before);
    tf.dispose([images, labels, outside, float, model.variables]);
    optimizer.dispose();
  });
});
