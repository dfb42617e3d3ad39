import { createRandom, type LabeledImages, type Trainable } from '@cnnviz/internal';
import type { TrainProgress } from '@cnnviz/regularizers';
import { describeOnBackends } from '@cnnviz/testing';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { trainModel } from './train-model.ts';

/** Logits = the image's two pixels times a 2x2 matrix that starts at zero. */
function linearTrainable(): Trainable & { weights: tf.Variable<tf.Rank.R2>; dispose(): void } {
  const weights = tf.tidy(() => tf.variable(tf.zeros([2, 2]))) as tf.Variable<tf.Rank.R2>;
  return {
    weights,
    variables: [weights],
    apply: (images) => tf.tidy(() => tf.matMul(tf.reshape(images, [images.shape[0], 2]), weights) as Tensor2D),
    dispose: () => weights.dispose(),
  };
}

const batchOf = (pixels: number[], labels: number[]): LabeledImages => ({
  images: tf.tensor4d(pixels, [labels.length, 1, 2, 1]),
  labels: tf.tensor1d(labels, 'int32'),
});

const disposeBatch = ({ images, labels }: LabeledImages) => tf.dispose([images, labels]);

describeOnBackends(['cpu', 'wasm', 'tensorflow'], () => {
  it('takes the steps of softmax regression with momentum in closed form', async () => {
    const model = linearTrainable();
    const batch = batchOf([1, 2, 3, -1], [0, 1]);
    const curve = await trainModel(model, () => [batch], { epochs: 2, learningRate: 0.1, momentum: 0.5 });

    // The same in plain numbers: gradient = mean over images of x (softmax - one-hot).
    const [x, y] = [
      [
        [1, 2],
        [3, -1],
      ],
      [0, 1],
    ];
    let w = [
      [0, 0],
      [0, 0],
    ];
    let v = [
      [0, 0],
      [0, 0],
    ];
    const losses: number[] = [];
    for (let step = 0; step < 2; step++) {
      const p = x.map((image) => {
        const e = [0, 1].map((k) => Math.exp(image[0]! * w[0]![k]! + image[1]! * w[1]![k]!));
        return e.map((value) => value / (e[0]! + e[1]!));
      });
      losses.push(-(Math.log(p[0]![y[0]!]!) + Math.log(p[1]![y[1]!]!)) / 2);
      const gradient = [0, 1].map((i) =>
        [0, 1].map((k) => [0, 1].reduce((sum, n) => sum + (x[n]![i]! * (p[n]![k]! - (y[n] === k ? 1 : 0))) / 2, 0)),
      );
      v = v.map((row, i) => row.map((value, k) => 0.5 * value + gradient[i]![k]!));
      w = w.map((row, i) => row.map((value, k) => value - 0.1 * v[i]![k]!));
    }
    (await model.weights.data()).forEach((value, i) => {
      expect(value).toBeCloseTo(w.flat()[i]!, 5);
    });
    expect(curve.map(({ loss }) => loss)[0]).toBeCloseTo(Math.log(2), 5);
    expect(curve.map(({ loss }) => loss)[1]).toBeCloseTo(losses[1]!, 5);
    // At zero weights both logits are equal and the first class wins.
    expect(curve.map(({ trainAccuracy }) => trainAccuracy)).toEqual([0.5, 1]);
    model.dispose();
    disposeBatch(batch);
  });

  it('weighs batches by their images and judges test images after each epoch', async () => {
    const model = linearTrainable();
    const batches = [batchOf([1, 0, 1, 0, 0, 1], [0, 0, 1]), batchOf([1, 0], [1])];
    const test = batchOf([5, 0, 0, 5], [0, 1]);
    const progress: TrainProgress[] = [];
    const before = tf.memory().numTensors;
    const curve = await trainModel(model, () => batches, {
      epochs: 1,
      learningRate: 1e-9,
      test: [test],
      onProgress: (p) => void progress.push(p),
    });
    expect(tf.memory().numTensors).toBe(before);
    expect(curve).toHaveLength(1);
    expect(curve[0]).toMatchObject({ epoch: 0, trainAccuracy: 0.5, testAccuracy: 1 });
    expect(progress.map(({ epoch, done, total, accuracy }) => [epoch, done, total, accuracy])).toEqual([
      [0, 1, 2, expect.closeTo(2 / 3, 12)],
      [0, 2, 2, 0.5],
      [0, 2, 2, 0.5],
    ]);
    expect(progress[1]!.loss).toBe(curve[0]!.loss);
    model.dispose();
    for (const batch of [...batches, test]) disposeBatch(batch);
  });

  it('asks for the batches and the learning rate of each epoch', async () => {
    const model = linearTrainable();
    const batch = batchOf([1, 0], [0]);
    const asked: number[] = [];
    const moved: number[] = [];
    let last = 0;
    await trainModel(
      model,
      (epoch) => {
        asked.push(epoch);
        return [batch];
      },
      {
        epochs: 3,
        learningRate: (epoch) => [1e-3, 1e-6, 1e-3][epoch]!,
        momentum: 0,
        onProgress: async ({ record }) => {
          if (record !== undefined) return;
          const weight = (await model.weights.data())[0]!;
          moved.push(weight - last);
          last = weight;
        },
      },
    );
    expect(asked).toEqual([0, 1, 2]);
    expect(moved[1]! / moved[0]!).toBeCloseTo(1e-3, 4);
    expect(moved[2]! / moved[0]!).toBeCloseTo(1, 2);
    model.dispose();
    disposeBatch(batch);
  });

  it('rejects with the reason of an abort and leaks nothing', async () => {
    const model = linearTrainable();
    const batch = batchOf([1, 0], [0]);
    const before = tf.memory().numTensors;
    const abort = new AbortController();
    const onProgress = ({ done }: TrainProgress) => {
      if (done === 2) abort.abort(new Error('enough'));
    };
    const options = { epochs: 9, learningRate: 0.1, signal: abort.signal, onProgress };
    await expect(trainModel(model, () => [batch], options)).rejects.toThrow('enough');
    await expect(trainModel(model, () => [batch], options)).rejects.toThrow('enough');
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
    disposeBatch(batch);
  });

  it('says in which batch the loss is not finite, and leaks nothing', async () => {
    const model = linearTrainable();
    const [good, bad] = [batchOf([1, 0], [0]), batchOf([Number.NaN, 0], [0])];
    const before = tf.memory().numTensors;
    await expect(trainModel(model, () => [good, good, bad], { epochs: 1, learningRate: 0.1 })).rejects.toThrow(
      'the loss must be finite, got NaN in epoch 0, batch 2',
    );
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
    disposeBatch(good);
    disposeBatch(bad);
  });

  it('leaks nothing when the model throws', async () => {
    const model = linearTrainable();
    const batch = batchOf([1, 0], [0]);
    const before = tf.memory().numTensors;
    const throwing: Trainable = {
      ...model,
      apply: () => {
        throw new Error('no such layer');
      },
    };
    await expect(trainModel(throwing, () => [batch], { epochs: 1, learningRate: 0.1 })).rejects.toThrow(
      'no such layer',
    );
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
    disposeBatch(batch);
  });

  it('separates what is separable, alike each time', async () => {
    const random = createRandom(1);
    const pixels = Array.from({ length: 64 }, () => random.normal());
    const labels = Array.from({ length: 32 }, (_, i) => (pixels[2 * i]! + 2 * pixels[2 * i + 1]! > 0 ? 1 : 0));
    const batch = batchOf(pixels, labels);
    const run = async () => {
      const model = linearTrainable();
      const curve = await trainModel(model, () => [batch], { epochs: 60, learningRate: 0.5 });
      model.dispose();
      return curve;
    };
    const curve = await run();
    expect(curve.at(-1)!.trainAccuracy).toBe(1);
    expect(await run()).toEqual(curve);
    disposeBatch(batch);
  });

  it.each([
    [{ epochs: 0, learningRate: 0.1 }, 'epochs must be an integer >= 1, got 0'],
    [{ epochs: 1, learningRate: 0 }, 'learningRate must be a number > 0, got 0'],
    [{ epochs: 1, learningRate: 0.1, momentum: 1 }, 'momentum must be a number >= 0 and < 1, got 1'],
  ])('rejects %j', async (options, message) => {
    const model = linearTrainable();
    const batch = batchOf([1, 0], [0]);
    await expect(trainModel(model, () => [batch], options)).rejects.toThrow(message);
    model.dispose();
    disposeBatch(batch);
  });

  it('rejects an epoch without batches', async () => {
    const model = linearTrainable();
    await expect(trainModel(model, () => [], { epochs: 1, learningRate: 0.1 })).rejects.toThrow(
      'batches must be at least one batch',
    );
    model.dispose();
  });
});
