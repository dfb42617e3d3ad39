import { conformance, describeOnBackends, tinyTrainable } from '@cnnviz/testing';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { evaluate, randomCrop, type TrainOptions, train } from '../index.ts';

const inputs = () => ({
  model: tinyTrainable(),
  images: tf.tidy(() => tf.sin(tf.reshape(tf.range(0, 256), [4, 8, 8, 1]))) as Tensor4D,
  labels: tf.tensor1d([0, 1, 2, 0], 'int32') as Tensor1D,
});
const badInputs = [
  [() => ({ labels: tf.tensor1d([0, 1, 3, 0], 'int32') }), /labels must be within \[0, 2\], got 3/],
  [() => ({ labels: tf.tensor1d([0, 1], 'int32') }), /labels must be an int32 tensor \[4\], got int32 tensor \[2\]/],
  [() => ({ images: tf.zeros([4, 8]) as never }), /images must be a float32 tensor \[n, h, w, c\], got/],
] as const;

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl'], () => {
  conformance({
    name: 'train',
    inputs,
    models: ['model'],
    modifies: ['model'],
    options: {
      epochs: 2,
      seed: 0,
      weightDecay: 0.1,
      augmentation: randomCrop({ size: [8, 8], padding: 2 }),
      earlyStopping: { monitor: 'validationLoss', mode: 'min', patience: 9, restoreBest: true },
    } as Omit<TrainOptions, 'optimizer'>,
    run: async ({ model, images, labels }, options) => {
      const optimizer = tf.train.sgd(0.1);
      try {
        const { history } = await train(model, [{ images, labels }], {
          optimizer,
          validation: [{ images, labels }],
          ...options,
        });
        return history;
      } finally {
        optimizer.dispose();
      }
    },
    badOptions: [
      [{ epochs: 0 }, /epochs must be an integer >= 1, got 0/],
      [{ weightDecay: -1 }, /weightDecay must be a number >= 0, got -1/],
      [{ labelSmoothing: 2 }, /labelSmoothing must be a number >= 0 and <= 1, got 2/],
      [{ mixup: { alpha: 0 } }, /mixup.alpha must be a number > 0, got 0/],
      [{ optimizer: 'adam' } as never, /optimizer must be an Optimizer, got "adam"/],
      [{ schedule: 0.1 }, /schedule must be a function, got 0.1/],
      [{ schedule: () => Number.NaN }, /schedule\(0\) must be a number >= 0, got NaN/],
      [{ checkpointEvery: 0.5 }, /checkpointEvery must be an integer >= 1, got 0.5/],
      [{ earlyStopping: { monitor: 'f1', mode: 'max' } }, /earlyStopping.monitor must be one of "loss"/],
      [{ validation: undefined } as never, /earlyStopping.monitor validationLoss needs validation/],
    ],
    badInputs: [
      ...badInputs,
      [() => ({ model: { apply: 1, variables: [] } as never }), /model.apply must be a function, got 1/],
      [
        () => ({ model: { ...tinyTrainable(), variables: [] } as never }),
        /model.variables must be a list of variables/,
      ],
    ],
    seeded: true,
    abortable: true,
    nonFinite: /the loss must be finite, got NaN in epoch 0, batch 0; the last good weights are kept/,
  });

  conformance({
    name: 'evaluate',
    inputs,
    models: ['model'],
    later: ['model'],
    options: {},
    run: ({ model, images, labels }) => evaluate(model, [{ images, labels }]),
    badOptions: [],
    badInputs,
  });
});
