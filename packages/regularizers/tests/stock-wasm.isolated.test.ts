import { startStockWasm, tinyTrainable } from '@cnnviz/testing';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { evaluate, randomizationTest, train } from '../src/index.ts';

const remedy = (name: string) =>
  new Error(
    `@cnnviz/regularizers: ${name}: needs gradients, and the wasm backend computes some wrongly and lacks others: run \`npm install @cnnviz/wasm-gradients\` and add \`import { registerWasmGradients } from '@cnnviz/wasm-gradients'; registerWasmGradients();\` to your program`,
  );

test('on the wasm backend without registerWasmGradients, training says which line to add, and evaluating runs', async () => {
  await startStockWasm();
  const images = tf.fill([2, 8, 8, 1], 0.5) as Tensor4D;
  const labels = tf.tensor1d([0, 1], 'int32');
  const model = tinyTrainable();
  const optimizer = tf.train.sgd(0.1);
  const before = tf.memory().numTensors;

  const options = { epochs: 1, seed: 0, optimizer };
  await expect(train(model, [{ images, labels }], options)).rejects.toThrow(remedy('train'));

  const data = { train: { images, labels }, test: { images, labels } };
  const createModel = () => expect.fail('no model is needed');
  const createOptimizer = () => expect.fail('no optimizer is needed');
  await expect(
    randomizationTest(data, { classes: 3, createModel, createOptimizer, epochs: 1, seeds: [0] }),
  ).rejects.toThrow(remedy('randomizationTest'));

  expect((await evaluate(model, [{ images, labels }])).examples).toBe(2);
  expect(tf.memory().numTensors).toBe(before);
  tf.dispose([images, labels, model.variables]);
});
