import { conformance, describeOnBackends, tinyCnn } from '@cnnviz/testing';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type CriticalSamplesOptions, criticalSamples } from './critical-samples.ts';

const inputs = () => ({
  model: tinyCnn({ shape: [4, 4, 1] }),
  images: tf.tidy(() => tf.div(tf.reshape(tf.range(0, 48), [3, 4, 4, 1]), 47)) as Tensor4D,
});

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  conformance({
    name: 'criticalSamples',
    inputs,
    models: ['model'],
    options: { bounds: [0, 1], radius: 0.1, maxIterations: 2, clip: true, seed: 0 } as CriticalSamplesOptions,
    run: ({ model, images }, options) => criticalSamples(model, images, options),
    badOptions: [
      [{ bounds: [1, 0] }, /bounds must be two finite numbers \[min, max\] with min < max, got \[1, 0\]/],
      [{ bounds: undefined }, /bounds must be two finite numbers/],
      [{ radius: -1 }, /radius must be a number >= 0, got -1/],
      [{ radius: Number.NaN }, /radius must be a number >= 0, got NaN/],
      [{ alpha: -1 }, /alpha must be a number >= 0, got -1/],
      [{ beta: '0.2' }, /beta must be a number >= 0, got "0.2"/],
      [{ maxIterations: 1.5 }, /maxIterations must be an integer >= 0, got 1.5/],
      [{ seed: undefined }, /seed must be an integer >= 0/],
      [{ clip: 1 }, /clip must be true or false, got 1/],
      [{ stopBelow: -1 }, /stopBelow must be an integer >= 0, got -1/],
    ],
    badInputs: [
      [() => ({ images: tf.zeros([4, 4, 1]) as never }), /images must be a float32 tensor \[n, h, w, c\], got/],
      [() => ({ images: tf.fill([3, 4, 4, 1], 2) as Tensor4D }), /images must be within \[0, 1\], got 2/],
      [() => ({ model: 'lenet' as never }), /model must be a function, got "lenet"/],
      [
        () => ({ model: (images: Tensor4D) => tf.sum(images, [1, 2]) as Tensor2D }),
        /model must be a function from images to logits \[3, 2 or more\], got float32 tensor \[3, 1\]/,
      ],
    ],
    seeded: true,
    abortable: true,
    bounds: [0, 1],
    nonFinite: /logits must be finite, got NaN or Infinity for image \d+ at step \d+/,
  });

  conformance({
    name: 'criticalSamples',
    inputs,
    models: ['model'],
    options: { bounds: [0, 1], radius: 0.2, alpha: 0.05, beta: 0, maxIterations: 2, seed: 0 } as CriticalSamplesOptions,
    run: ({ model, images }, options) => criticalSamples(model, images, options),
    badOptions: [],
    seeded: 'without effect',
    batched: { inputs: ['images'] },
  });
});
