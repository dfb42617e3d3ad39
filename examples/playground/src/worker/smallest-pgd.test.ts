import { describeOnBackends, linearClassifier } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { smallestPgd } from './smallest-pgd.ts';

const quietly = { signal: new AbortController().signal, onProgress: () => {} };
const options = { bounds: [-10, 10], maxEpsilon: 1, steps: 10 } as const;

describeOnBackends(['cpu'], () => {
  const weights = [
    [1, -2, 0.5, 0],
    [-1, 1, 0.5, 2],
  ];
  const model = linearClassifier(weights, [0, 0]);
  const l1OfDifference = 2 + 3 + 0 + 2;
  const withImage = async <R>(pixels: number[], use: (image: tf.Tensor4D, label: tf.Tensor1D) => Promise<R>) => {
    const image = tf.tensor4d(pixels, [1, 2, 2, 1]);
    const label = tf.tensor1d([0], 'int32');
    const result = await use(image, label);
    tf.dispose([image, label]);
    return result;
  };

  it('finds the least epsilon of a linear classifier, which the closed form gives', async () => {
    for (const pixels of [
      [1, 0, 0, 0],
      [0.5, -0.5, 2, 0.25],
      [1, -1, 0, -0.25],
    ]) {
      const margin = weights[0]!.reduce((sum, weight, i) => sum + (weight - weights[1]![i]!) * pixels[i]!, 0);
      const least = margin / l1OfDifference;
      const before = tf.memory().numTensors;
      const found = await withImage(pixels, (image, label) => smallestPgd(model, image, label, options, quietly));
      expect(found!.epsilon).toBeGreaterThanOrEqual(least * (1 - 1e-5));
      expect(found!.epsilon).toBeLessThan(least * (1 + 1 / 64) + 1e-4);
      const moved = (await found!.image.data()).map((value, i) => Math.abs(value - pixels[i]!));
      expect(Math.max(...moved)).toBeLessThanOrEqual(found!.epsilon * (1 + 1e-6));
      found!.image.dispose();
      expect(tf.memory().numTensors).toBe(before);
    }
  });

  it('finds nothing where the least epsilon is beyond the largest that is tried', async () => {
    const before = tf.memory().numTensors;
    expect(
      await withImage([4, -3, 0, 0], (image, label) => smallestPgd(model, image, label, options, quietly)),
    ).toBeUndefined();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('keeps nothing when it is stopped', async () => {
    const before = tf.memory().numTensors;
    const controller = new AbortController();
    const work = {
      signal: controller.signal,
      onProgress: ({ done }: { done: number }) => {
        if (done > 25) controller.abort();
      },
    };
    await withImage([1, 0, 0, 0], async (image, label) => {
      await expect(smallestPgd(model, image, label, options, work)).rejects.toThrow('aborted');
    });
    expect(tf.memory().numTensors).toBe(before);
  });
});
