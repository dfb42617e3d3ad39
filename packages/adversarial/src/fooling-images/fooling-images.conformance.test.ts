import { conformance, describeOnBackends, tinyCnn } from '@cnnviz/testing';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type FoolingImagesOptions, foolingImages } from './fooling-images.ts';

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  conformance({
    name: 'foolingImages',
    inputs: () => ({ model: tinyCnn(), targets: [0, 2, 2, 1] }),
    models: ['model'],
    options: { shape: [8, 8, 1], bounds: [0, 1], seed: 0, iterations: 4, blur: 0.5, blurEvery: 2 } as Omit<
      FoolingImagesOptions,
      'targets'
    >,
    run: ({ model, targets }, options) => foolingImages(model, { ...options, targets }),
    badOptions: [
      [{ shape: [8, 8] }, /shape must be 3 whole sizes >= 1, got \[8, 8\]/],
      [{ shape: undefined }, /shape must be 3 whole sizes >= 1, got undefined/],
      [{ bounds: [1, 0] }, /bounds must be two finite numbers \[min, max\] with min < max, got \[1, 0\]/],
      [{ mean: 2 }, /mean must be a number >= 0 and <= 1, got 2/],
      [{ mean: [0.5, 0.5] }, /mean must be a number or 1 of them, got \[0.5, 0.5\]/],
      [{ mean: 'gray' }, /mean must be a number or one for each channel, got "gray"/],
      [{ start: 'noise' }, /start must be one of "gaussian", "uniform", "mean", got "noise"/],
      [{ deviation: -1 }, /deviation must be a number >= 0, got -1/],
      [{ objective: 'loss' }, /objective must be one of "probability", "logit", got "loss"/],
      [{ learningRate: 0 }, /learningRate must be a number > 0, got 0/],
      [{ early: 1 }, /early must be a number > 0 and < 1, got 1/],
      [{ late: 0 }, /late must be a number > 0 and < 1, got 0/],
      [{ decay: 1.5 }, /decay must be a number >= 0 and <= 1, got 1.5/],
      [{ iterations: 0 }, /iterations must be an integer >= 1, got 0/],
      [{ blur: 0.2 }, /blur must be 0 or a number >= 0.3, got 0.2/],
      [{ blurEvery: 0 }, /blurEvery must be an integer >= 1, got 0/],
      [{ stopAt: Number.NaN }, /stopAt must be a number >= 0 and <= 1, got NaN/],
    ],
    badInputs: [
      [() => ({ targets: [] }), /targets must be at least one class, got \[\]/],
      [() => ({ targets: 3 as never }), /targets must be an array of classes, got 3/],
      [() => ({ targets: [0, -1] }), /targets must be an integer >= 0, got -1/],
      [() => ({ targets: [0, 3] }), /targets must be an integer >= 0 and <= 2, got 3/],
      [() => ({ model: 'lenet' as never }), /model must be a function, got "lenet"/],
      [
        () => ({ model: (images: Tensor4D) => tf.sum(images, [1, 2]) as Tensor2D }),
        /model must be a function from images to logits \[4, 2 or more\], got float32 tensor \[4, 1\]/,
      ],
    ],
    seeded: true,
    abortable: true,
    bounds: [0, 1],
    nonFinite: /logits must be finite, got NaN or Infinity for image \d+ at step \d+/,
  });
});

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  conformance({
    name: 'foolingImages',
    inputs: () => ({ model: tinyCnn(), targets: [0, 2, 1] }),
    models: ['model'],
    options: { shape: [8, 8, 1], bounds: [0, 1], seed: 0, iterations: 4 } as Omit<FoolingImagesOptions, 'targets'>,
    run: ({ model, targets }, options) => foolingImages(model, { ...options, targets }),
    badOptions: [],
    batched: { inputs: ['targets'] },
  });
});
