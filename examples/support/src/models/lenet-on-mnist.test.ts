import { trainable } from '@cnnviz/models';
import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { imageBatches } from '../datasets/image-batches.ts';
import { selectImages } from '../datasets/image-set.ts';
import { mnist } from '../datasets/mnist.ts';
import { lenet } from './lenet.ts';
import { trainModel } from './train-model.ts';

useBackend('wasm');

// `lenet-on-mnist.long.test.ts` asks for what all digits teach.
it('LeNet reads most test digits after a few hundred', { timeout: 60_000 }, async () => {
  const { train, test } = await mnist();
  const some = selectImages(train, [...Array(640).keys()]);
  const before = tf.memory().numTensors;
  const model = lenet({ seed: 0 });
  const curve = await trainModel(trainable(model), (epoch) => imageBatches(some, { size: 32, seed: 0, epoch }), {
    epochs: 2,
    learningRate: 0.03,
    test: imageBatches(selectImages(test, [...Array(300).keys()]), { size: 100 }),
  });
  expect(curve.map(({ epoch }) => epoch)).toEqual([0, 1]);
  expect(curve[1]!.loss).toBeLessThan(curve[0]!.loss);
  expect(curve[1]!.testAccuracy).toBeGreaterThan(0.6);
  model.dispose();
  expect(tf.memory().numTensors).toBe(before);
});
