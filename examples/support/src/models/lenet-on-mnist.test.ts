import { trainable } from '@cnnviz/models';
import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { imageBatches } from '../datasets/image-batches.ts';
import { mnist } from '../datasets/mnist.ts';
import { lenet } from './lenet.ts';
import { trainModel } from './train-model.ts';

useBackend('wasm');

it('LeNet reads 97% of the test digits after three epochs', { timeout: 300_000 }, async () => {
  const { train, test } = await mnist();
  const before = tf.memory().numTensors;
  const model = lenet({ seed: 0 });
  const curve = await trainModel(trainable(model), (epoch) => imageBatches(train, { size: 64, seed: 0, epoch }), {
    epochs: 3,
    learningRate: (epoch) => 0.05 * 0.6 ** epoch,
    test: imageBatches(test, { size: 200 }),
  });
  expect(curve.map(({ epoch }) => epoch)).toEqual([0, 1, 2]);
  expect(curve.at(-1)!.testAccuracy).toBeGreaterThanOrEqual(0.97);
  model.dispose();
  expect(tf.memory().numTensors).toBe(before);
});
