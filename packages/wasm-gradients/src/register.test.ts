import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it, vi } from 'vitest';
import { registerWasmGradients } from './register.ts';
import { requireVersions } from './versions.ts';

const filterGradient = () =>
  tf.tidy(() => {
    const x = tf.ones<tf.Rank.R4>([1, 4, 4, 1]);
    return tf.grad((filter: tf.Tensor) => tf.sum(tf.conv2d(x, filter as tf.Tensor4D, 1, 'valid')))(
      tf.ones([3, 3, 1, 1]),
    );
  });

async function expectFours(gradient: tf.Tensor): Promise<void> {
  expect([...(await gradient.data())]).toEqual(new Array(9).fill(4));
  tf.dispose(gradient);
}

// The order of these tests matters: the backend starts in the second.
describe('registerWasmGradients', () => {
  it('may be called before the backend starts, while another one is active, and again', async () => {
    const warn = vi.spyOn(console, 'warn');
    await tf.setBackend('cpu');
    registerWasmGradients();
    const first = tf.getKernelsForBackend('wasm').map(({ kernelFunc }) => kernelFunc);
    const gradient = tf.getGradient('Relu');
    registerWasmGradients();
    expect(tf.getKernelsForBackend('wasm').map(({ kernelFunc }) => kernelFunc)).toEqual(first);
    expect(tf.getGradient('Relu')).toBe(gradient);
    expect(tf.getBackend()).toBe('cpu');
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
    await expectFours(filterGradient());
  });

  it('then makes the backend trainable when it starts', async () => {
    await tf.setBackend('wasm');
    await expectFours(filterGradient());
  });

  it('may be called while the backend runs', async () => {
    registerWasmGradients();
    await expectFours(filterGradient());
  });

  it('leaves every other backend alone', () => {
    for (const { kernelFunc } of tf.getKernelsForBackend('cpu')) {
      expect(Symbol.for('@cnnviz/wasm-gradients') in kernelFunc).toBe(false);
    }
    expect(tf.getKernel('CnnvizGateGrad', 'cpu')).toBeUndefined();
  });

  it('leaves only kernels missing that no layer needs', () => {
    const missing = tf
      .getKernelsForBackend('cpu')
      .map(({ kernelName }) => kernelName)
      .filter((name) => tf.getKernel(name, 'wasm') === undefined);
    expect(missing.sort()).toEqual([
      'Complex',
      'ComplexAbs',
      'Draw',
      'Einsum',
      'FFT',
      'IFFT',
      'Imag',
      'RaggedGather',
      'RaggedRange',
      'RaggedTensorToTensor',
      'Real',
      'StaticRegexReplace',
    ]);
  });
});

describe('versions', () => {
  it.each([
    ['4.22.0', '4.22.0'],
    ['4.22.3', '4.22.1'],
  ])('tfjs-core %s with the wasm backend %s will do', (core, wasm) => {
    expect(() => requireVersions({ core, wasm })).not.toThrow();
  });

  it.each([
    ['4.23.0', '4.22.0', '@tensorflow/tfjs-core 4.22.x, got 4.23.0'],
    ['4.22.0', '5.0.0', '@tensorflow/tfjs-backend-wasm 4.22.x, got 5.0.0'],
    ['4.2.0', '4.22.0', '@tensorflow/tfjs-core 4.22.x, got 4.2.0'],
  ])('tfjs-core %s with the wasm backend %s is an error', (core, wasm, expected) => {
    expect(() => requireVersions({ core, wasm })).toThrow(
      `@cnnviz/wasm-gradients: registerWasmGradients: expected ${expected}`,
    );
  });
});
