import { conformance, describeOnBackends, tinyCnn } from '@cnnviz/testing';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type AutoPgdOptions, autoPgd } from './auto-pgd.ts';

const inputs = () => ({
  model: tinyCnn({ shape: [4, 4, 1], classes: 4 }),
  images: tf.tidy(() => tf.div(tf.reshape(tf.range(0, 32), [2, 4, 4, 1]), 31)) as Tensor4D,
  labels: tf.tensor1d([0, 1], 'int32') as Tensor1D,
});

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  conformance({
    name: 'autoPgd',
    inputs,
    models: ['model'],
    // Three steps are reviewed after each.
    options: { epsilon: 0.1, bounds: [0, 1], norm: 'l2', steps: 3, targeted: true, seed: 0 } as AutoPgdOptions,
    run: ({ model, images, labels }, options) => autoPgd(model, images, labels, options),
    badOptions: [
      [{ epsilon: -1 }, /epsilon must be a number >= 0, got -1/],
      [{ epsilon: Number.NaN }, /epsilon must be a number >= 0, got NaN/],
      [{ bounds: [1, 0] }, /bounds must be two finite numbers \[min, max\] with min < max, got \[1, 0\]/],
      [{ norm: 'l1' }, /norm must be one of "linf", "l2", got "l1"/],
      [{ loss: 'margin' }, /loss must be one of "cross-entropy", "dlr", got "margin"/],
      [{ steps: 1.5 }, /steps must be an integer >= 0, got 1.5/],
      [{ restarts: 0 }, /restarts must be an integer >= 1, got 0/],
      [{ restarts: 2, randomStart: false }, /restarts must be 1 without randomStart, got 2/],
      [{ randomStart: 1 }, /randomStart must be true or false, got 1/],
      [{ targeted: 1 }, /targeted must be true or false, got 1/],
      [{ targetClasses: -1 }, /targetClasses must be an integer >= 0, got -1/],
      [{ targetClasses: 1 }, /targetClasses must be 0 with targeted, got 1/],
      [{ earlyStop: 1 }, /earlyStop must be true or false, got 1/],
    ],
    badInputs: [
      [() => ({ images: tf.zeros([4, 4, 1]) as never }), /images must be a float32 tensor \[n, h, w, c\], got/],
      [() => ({ images: tf.fill([2, 4, 4, 1], 2) as Tensor4D }), /images must be within \[0, 1\], got 2/],
      [() => ({ labels: tf.tensor1d([0], 'int32') }), /labels must be an int32 tensor \[2\], got/],
      [() => ({ labels: tf.tensor1d([0, 4], 'int32') }), /labels must be within \[0, 3\], got 4/],
      [() => ({ model: 'lenet' as never }), /model must be a function, got "lenet"/],
      [
        () => ({ model: (images: Tensor4D) => tf.sum(images, [1, 2]) as Tensor2D }),
        /model must be a function from images to logits/,
      ],
    ],
    seeded: true,
    abortable: true,
    bounds: [0, 1],
    nonFinite: /logits must be finite, got NaN or Infinity for image \d+ at step \d+/,
  });

  conformance({
    name: 'autoPgd',
    inputs,
    models: ['model'],
    options: {
      epsilon: 0.1,
      bounds: [0, 1],
      loss: 'dlr',
      targetClasses: 2,
      steps: 2,
      randomStart: false,
      earlyStop: true,
    } as AutoPgdOptions,
    run: ({ model, images, labels }, options) => autoPgd(model, images, labels, options),
    badOptions: [],
    batched: { inputs: ['images', 'labels'] },
    bounds: [0, 1],
  });
});
