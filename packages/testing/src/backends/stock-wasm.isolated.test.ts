import '@tensorflow/tfjs-layers';
import { checker, requireGradients } from '@cnnviz/internal';
import { registerWasmGradients } from '@cnnviz/wasm-gradients';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { startBackend, startStockWasm } from './start-backend.ts';

const check = checker('@cnnviz/adversarial', 'fgsm');

/** The gradients of tfjs, which an import of it registers. */
const stockGradients = ['Relu', 'Relu6', 'LeakyRelu', 'ClipByValue', 'Mean', 'Sum', 'Square', 'FusedBatchNorm'].map(
  (name) => tf.getGradient(name)!,
);

beforeAll(startStockWasm);

/** Of the sum of max-pooled -1, …: 1 at the maximum of each window. */
const maxPoolGradient = async () => {
  const x = tf.tensor4d([-4, -3, -2, -1, -8, -7, -6, -5], [1, 2, 4, 1]);
  const gradient = tf.tidy(() => tf.grad((images) => tf.sum(tf.maxPool(images as tf.Tensor4D, 2, 2, 'valid')))(x));
  const values = [...(await gradient.data())];
  tf.dispose([x, gradient]);
  return values;
};

test('the stock backend computes a wrong gradient', async () => {
  expect(await maxPoolGradient()).not.toEqual([0, 1, 0, 1, 0, 0, 0, 0]);
});

test('requireGradients says which package to install and which line to add', () => {
  expect(() => requireGradients(check)).toThrow(
    new Error(
      "@cnnviz/adversarial: fgsm: needs gradients, and the wasm backend computes some wrongly and lacks others: run `npm install @cnnviz/wasm-gradients` and add `import { registerWasmGradients } from '@cnnviz/wasm-gradients'; registerWasmGradients();` to your program",
    ),
  );
});

test('requireGradients asks for nothing while another backend is active', async () => {
  await startBackend('cpu');
  expect(() => requireGradients(check)).not.toThrow();
  await tf.setBackend('wasm');
  expect(() => requireGradients(check)).toThrow(/registerWasmGradients\(\)/);
});

test('with that line, while the backend runs, the gradient is right', async () => {
  registerWasmGradients();
  expect(() => requireGradients(check)).not.toThrow();
  expect(await maxPoolGradient()).toEqual([0, 1, 0, 1, 0, 0, 0, 0]);
});

test('requireGradients puts back the gradients that a later import of tfjs replaces', () => {
  const ours = stockGradients.map(({ kernelName }) => tf.getGradient(kernelName)!.gradFunc);
  for (const gradient of stockGradients) tf.registerGradient(gradient);
  expect(tf.getGradient('Relu')).toBe(stockGradients[0]);
  requireGradients(check);
  for (const [index, { kernelName, gradFunc }] of stockGradients.entries()) {
    const registered = tf.getGradient(kernelName)!.gradFunc;
    expect(registered).not.toBe(gradFunc);
    expect(Symbol.for('@cnnviz/wasm-gradients') in registered).toBe(true);
    expect(String(registered)).toBe(String(ours[index]));
  }
});
