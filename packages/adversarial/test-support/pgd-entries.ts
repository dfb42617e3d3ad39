import { tinyCnn } from '@cnnviz/testing';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** What the conformance entries of `pgd` and `momentumPgd` share. */

export const inputs = () => ({
  model: tinyCnn({ shape: [4, 4, 1] }),
  images: tf.tidy(() => tf.div(tf.reshape(tf.range(0, 32), [2, 4, 4, 1]), 31)) as Tensor4D,
  labels: tf.tensor1d([0, 1], 'int32') as Tensor1D,
});

export const badInputs = [
  [() => ({ images: tf.zeros([4, 4, 1]) as never }), /images must be a float32 tensor \[n, h, w, c\], got/],
  [() => ({ images: tf.fill([2, 4, 4, 1], 2) as Tensor4D }), /images must be within \[0, 1\], got 2/],
  [() => ({ labels: tf.tensor1d([0], 'int32') }), /labels must be an int32 tensor \[2\], got/],
  [() => ({ labels: tf.tensor1d([0, 3], 'int32') }), /labels must be within \[0, 2\], got 3/],
  [() => ({ model: 'lenet' as never }), /model must be a function, got "lenet"/],
  [
    () => ({ model: (images: Tensor4D) => tf.sum(images, [1, 2]) as Tensor2D }),
    /model must be a function from images to logits/,
  ],
] as const;

export const badOptions = [
  [{ epsilon: -1 }, /epsilon must be a number >= 0, got -1/],
  [{ epsilon: Number.NaN }, /epsilon must be a number >= 0, got NaN/],
  [{ bounds: [1, 0] }, /bounds must be two finite numbers \[min, max\] with min < max, got \[1, 0\]/],
  [{ norm: 'l3' }, /norm must be one of "linf", "l2", "l1", got "l3"/],
  [{ steps: 1.5 }, /steps must be an integer >= 0, got 1.5/],
  [{ stepSize: -1 }, /stepSize must be a number >= 0, got -1/],
  [{ targeted: 1 }, /targeted must be true or false, got 1/],
  [{ earlyStop: 1 }, /earlyStop must be true or false, got 1/],
] as const;

export const nonFinite = /logits must be finite, got NaN or Infinity for image \d+ at step \d+/;
