import { conformance, describeOnBackends, tinyCnn } from '@cnnviz/testing';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
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
