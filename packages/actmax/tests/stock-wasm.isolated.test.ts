import { startStockWasm, tinyCnn } from '@cnnviz/testing';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { activationSteps, logit, maximizeActivation, pixels, trainGenerator } from '../src/index.ts';
import { linearGenerator } from '../test-support/linear-models.ts';

const remedy = (name: string) =>
  new Error(
    `@cnnviz/actmax: ${name}: needs gradients, and the wasm backend computes some wrongly and lacks others: run \`npm install @cnnviz/wasm-gradients\` and add \`import { registerWasmGradients } from '@cnnviz/wasm-gradients'; registerWasmGradients();\` to your program`,
  );

test('on the wasm backend without registerWasmGradients, each function that ascends says which line to add', async () => {
  await startStockWasm();
  const images = tf.fill([2, 2, 2, 1], 0.5) as Tensor4D;
  const generator = linearGenerator([[1, 1, 1, 1]], [2, 2, 1]);
  const optimizer = tf.train.sgd(0.1);
  const before = tf.memory().numTensors;

  const parameterization = pixels({ shape: [8, 8, 1], bounds: [0, 1] });
  const options = { objective: logit(tinyCnn(), 0), parameterization, seed: 0 };
  await expect(maximizeActivation(options)).rejects.toThrow(remedy('maximizeActivation'));
  await expect(activationSteps(options).next()).rejects.toThrow(remedy('activationSteps'));

  const encoder = (batch: Tensor4D) => tf.mean(batch, [1, 2]) as Tensor2D;
  await expect(trainGenerator(generator, encoder, [images], { loss: 'l2', optimizer, epochs: 1 })).rejects.toThrow(
    remedy('trainGenerator'),
  );
  expect(tf.memory().numTensors).toBe(before);
  tf.dispose([images, generator.variables]);
});
