import { tinyTrainable, useBackend } from '@cnnviz/testing';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { train } from '../src/training/train.ts';

useBackend('cpu');

test('a model of a fixed batch size is trained with mixed images, and shown no single one', async () => {
  const model = tinyTrainable({ shape: [4, 4, 1] });
  const sizes: number[] = [];
  const watched: typeof model = {
    ...model,
    apply: (images: Tensor4D, options) => {
      sizes.push(images.shape[0]);
      return model.apply(images, options);
    },
  };
  const images = tf.tidy(() => tf.reshape(tf.div(tf.range(0, 48), 48), [3, 4, 4, 1])) as Tensor4D;
  const labels = tf.tensor1d([0, 1, 2], 'int32');
  const optimizer = tf.train.sgd(0.1);
  await train(watched, [{ images, labels }], { optimizer, epochs: 1, seed: 0, mixup: { alpha: 1 } });
  expect(sizes.length).toBeGreaterThan(1);
  expect(new Set(sizes)).toEqual(new Set([3]));
  optimizer.dispose();
  tf.dispose([model.variables, images, labels]);
});
