import { conformance, describeOnBackends, tinyTrainable } from '@cnnviz/testing';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {
  applyCondition,
  corruptLabels,
  type DataCondition,
  gaussianPixels,
  pixelStatistics,
  type RandomizationTestOptions,
  randomizationTest,
  randomizePixels,
  shuffledBatches,
  shufflePixels,
} from '../index.ts';

const images = () => tf.tidy(() => tf.sin(tf.reshape(tf.range(0, 4 * 64), [4, 8, 8, 1]))) as Tensor4D;
const labels = () => tf.tensor1d([0, 1, 2, 0], 'int32') as Tensor1D;
const badImages = [
  [() => ({ images: tf.zeros([8, 8]) as never }), /images must be a float32 tensor \[n, h, w, c\], got/],
] as const;

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  conformance({
    name: 'corruptLabels',
    inputs: () => ({ labels: tf.zeros([50], 'int32') as Tensor1D }),
    options: { probability: 0.5, classes: 10, seed: 0 },
    run: (inputs, options) => corruptLabels(inputs.labels, options),
    badOptions: [
      [{ probability: 1.1 }, /probability must be a number >= 0 and <= 1, got 1.1/],
      [{ classes: 1 }, /classes must be an integer >= 2, got 1/],
    ],
    badInputs: [[() => ({ labels: tf.zeros([3]) as never }), /labels must be an int32 tensor of rank 1, got/]],
    sync: true,
    seeded: true,
  });
  conformance({
    name: 'shufflePixels',
    inputs: () => ({ images: images() }),
    options: { seed: 0, undo: false },
    run: (inputs, options) => shufflePixels(inputs.images, options),
    badOptions: [[{ undo: 1 }, /undo must be true or false, got 1/]],
    badInputs: badImages,
    sync: true,
    seeded: true,
    batched: { inputs: ['images'] },
    bounds: [-1, 1],
  });
  conformance({
    name: 'randomizePixels',
    inputs: () => ({ images: images() }),
    options: { seed: 0, first: 2 },
    run: (inputs, options) => randomizePixels(inputs.images, options),
    badOptions: [[{ first: -1 }, /first must be an integer >= 0, got -1/]],
    badInputs: badImages,
    sync: true,
    seeded: true,
    bounds: [-1, 1],
  });
  conformance({
    name: 'gaussianPixels',
    inputs: () => ({ images: images() }),
    options: { seed: 0, mean: 1, deviation: 2, first: 0 },
    run: (inputs, options) => gaussianPixels(inputs.images, options),
    badOptions: [
      [{ mean: Number.NaN }, /mean must be a number, got NaN/],
      [{ deviation: -1 }, /deviation must be a number >= 0, got -1/],
      [{ first: 0.5 }, /first must be an integer >= 0, got 0.5/],
    ],
    badInputs: badImages,
    sync: true,
    seeded: true,
  });
  conformance({
    name: 'pixelStatistics',
    inputs: () => ({ images: images() }),
    options: {},
    run: (inputs) => pixelStatistics([inputs.images]),
    badOptions: [],
    badInputs: badImages,
  });
  conformance({
    name: 'shuffledBatches',
    inputs: () => ({ images: images(), labels: labels() }),
    options: { seed: 0, size: 3 },
    run: (data, options) =>
      Array.from(shuffledBatches(data, options)(1), (batch) => [tf.clone(batch.images), tf.clone(batch.labels)]),
    badOptions: [[{ size: 0 }, /size must be an integer >= 1, got 0/]],
    badInputs: [
      ...badImages,
      [() => ({ labels: tf.tensor1d([0], 'int32') }), /labels must be an int32 tensor \[4\], got int32 tensor \[1\]/],
    ],
    seeded: true,
  });
  for (const condition of ['random labels', 'shuffled pixels', 'random pixels', 'gaussian'] as DataCondition[]) {
    conformance({
      name: 'applyCondition',
      inputs: () => ({ train: { images: images(), labels: labels() }, test: { images: images(), labels: labels() } }),
      options: { seed: 0, classes: 3 },
      run: (data, options) => applyCondition(data, condition, options),
      badOptions: [[{ classes: 0 }, /classes must be an integer >= 2, got 0/]],
      badInputs: [
        [
          () => ({ test: { images: images(), labels: tf.tensor1d([0], 'int32') } }),
          /labels must be an int32 tensor \[4\], got int32 tensor \[1\]/,
        ],
      ],
      seeded: true,
    });
  }
});

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl'], () => {
  conformance({
    name: 'randomizationTest',
    inputs: () => ({ train: { images: images(), labels: labels() }, test: { images: images(), labels: labels() } }),
    options: {
      classes: 3,
      seeds: [0],
      epochs: 1,
      createModel: () => tinyTrainable(),
      createOptimizer: () => tf.train.momentum(0.1, 0.9),
    } as RandomizationTestOptions,
    run: (data, options) => randomizationTest(data, options),
    badOptions: [
      [{ seeds: [] }, /seeds must be a list of seeds, got \[\]/],
      [{ seeds: [-1] }, /seeds must be an integer >= 0 .*, got -1/],
      [{ epochs: 0 }, /epochs must be an integer >= 1, got 0/],
      [{ batchSize: 0 }, /batchSize must be an integer >= 1, got 0/],
      [{ fittedAt: 2 }, /fittedAt must be a number >= 0 and <= 1, got 2/],
      [{ createModel: undefined }, /createModel must be a function, got undefined/],
      [{ regularizers: [{ name: 'a' }, { name: 'a' }] }, /regularizers must be regularizers of different names/],
      [{ regularizers: [{ name: 'a', dropout: 2 }] }, /dropout must be a number >= 0 and <= 1, got 2/],
    ],
    badInputs: [
      [
        () => ({ train: { images: images(), labels: tf.tensor1d([0], 'int32') } }),
        /labels must be an int32 tensor \[4\], got int32 tensor \[1\]/,
      ],
    ],
    abortable: true,
  });
});
