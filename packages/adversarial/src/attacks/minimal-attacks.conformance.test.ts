import { conformance, describeOnBackends, tinyCnn } from '@cnnviz/testing';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type CarliniWagnerOptions, carliniWagner } from './carlini-wagner.ts';
import { type DeepFoolOptions, deepFool } from './deep-fool.ts';
import { type MinimalFgsmOptions, minimalFgsm } from './minimal-fgsm.ts';

/** The labels are what the network says. */
const inputs = () => ({
  model: tinyCnn({ shape: [4, 4, 1] }),
  images: tf.tidy(() => tf.div(tf.reshape(tf.range(0, 32), [2, 4, 4, 1]), 31)) as Tensor4D,
  labels: tf.tensor1d([1, 1], 'int32') as Tensor1D,
});

const badInputs = [
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

const reversed = [{ bounds: [1, 0] }, /bounds must be two finite numbers \[min, max\] with min < max, got/] as const;
const common = {
  inputs,
  models: ['model'] as ['model'],
  badInputs,
  abortable: true,
  batched: { inputs: ['images', 'labels'] as ['images', 'labels'] },
  bounds: [0, 1] as const,
  nonFinite: /logits must be finite, got NaN or Infinity for image 0 at step 0/,
};

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl'], () => {
  conformance({
    ...common,
    name: 'minimalFgsm',
    options: { maxEpsilon: 0.6, bounds: [0, 1], steps: 2, tolerance: 0.2 } as MinimalFgsmOptions,
    run: ({ model, images, labels }, options) => minimalFgsm(model, images, labels, options),
    badOptions: [
      reversed,
      [{ maxEpsilon: 0 }, /maxEpsilon must be a number > 0, got 0/],
      [{ maxEpsilon: Number.NaN }, /maxEpsilon must be a number > 0, got NaN/],
      [{ tolerance: -1 }, /tolerance must be a number > 0, got -1/],
      [{ steps: 0 }, /steps must be an integer >= 1, got 0/],
      [{ norm: 'l3' }, /norm must be one of "linf", "l2", "l1", got "l3"/],
      [{ targeted: 1 }, /targeted must be true or false, got 1/],
      [{ l1Step: 'sort' }, /l1Step must be one of "gradient", "coordinate", got "sort"/],
    ],
  });

  conformance({
    ...common,
    name: 'deepFool',
    options: { bounds: [0, 1], steps: 2 } as DeepFoolOptions,
    run: ({ model, images, labels }, options) => deepFool(model, images, labels, options),
    badOptions: [
      reversed,
      [{ norm: 'l1' }, /norm must be one of "l2", "linf", got "l1"/],
      [{ candidates: 1 }, /candidates must be an integer >= 2, got 1/],
      [{ overshoot: -0.1 }, /overshoot must be a number >= 0, got -0.1/],
      [{ overshoot: Number.NaN }, /overshoot must be a number >= 0, got NaN/],
      [{ steps: 1.5 }, /steps must be an integer >= 0, got 1.5/],
    ],
  });

  conformance({
    ...common,
    name: 'carliniWagner',
    options: {
      bounds: [0, 1],
      binarySearchSteps: 2,
      steps: 2,
      stepSize: 0.5,
      initialConstant: 10,
    } as CarliniWagnerOptions,
    run: ({ model, images, labels }, options) => carliniWagner(model, images, labels, options),
    badOptions: [
      reversed,
      [{ targeted: 1 }, /targeted must be true or false, got 1/],
      [{ confidence: -1 }, /confidence must be a number >= 0, got -1/],
      [{ binarySearchSteps: 0 }, /binarySearchSteps must be an integer >= 1, got 0/],
      [{ initialConstant: 0 }, /initialConstant must be a number > 0, got 0/],
      [{ steps: 0 }, /steps must be an integer >= 1, got 0/],
      [{ stepSize: Number.NaN }, /stepSize must be a number > 0, got NaN/],
      [{ abortEarly: 1 }, /abortEarly must be true or false, got 1/],
    ],
  });
});
