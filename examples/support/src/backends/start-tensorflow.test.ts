import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startTensorflow } from './start-tensorflow.ts';

/** Stands in for a native package: registers `tensorflow` as they do, on the cpu backend's arithmetic. */
function fakePackage(loaded: string[]) {
  return (path: string) => {
    loaded.push(path);
    tf.registerBackend('tensorflow', () => cpuBackend());
  };
}

function cpuBackend() {
  const factory = tf.findBackendFactory('cpu');
  const backend = factory();
  if (backend instanceof Promise) throw new Error('the cpu backend starts at once');
  return backend;
}

const found = { resolve: (name: string) => `/installed/${name}` };

describe('startTensorflow', () => {
  beforeAll(() => tf.copyRegisteredKernels('cpu', 'tensorflow'));
  afterEach(async () => {
    await tf.setBackend('cpu');
    if (tf.findBackendFactory('tensorflow') !== null) tf.removeBackend('tensorflow');
  });

  it('is passed over when the user did not install it', async () => {
    await expect(startTensorflow('@tensorflow/tfjs-node', { resolve: () => undefined })).rejects.toThrow(
      '@tensorflow/tfjs-node is not installed',
    );
  });

  it('loads what the user installed and computes on it', async () => {
    const loaded: string[] = [];
    const detail = await startTensorflow('@tensorflow/tfjs-node', { ...found, load: fakePackage(loaded) });
    expect(detail).toMatch(/^native library, \d+ threads$/);
    expect(loaded).toEqual(['/installed/@tensorflow/tfjs-node']);
    expect(tf.getBackend()).toBe('tensorflow');
  });

  it('names the GPU when TensorFlow uses one', async () => {
    const gpu = { ...found, load: fakePackage([]), started: () => ({ isUsingGpuDevice: true }) };
    expect(await startTensorflow('@tensorflow/tfjs-node-gpu', gpu)).toBe('CUDA GPU');
  });

  it('does not take the GPU package without a GPU, and then serves the CPU with it', async () => {
    const loaded: string[] = [];
    const noGpu = { ...found, load: fakePackage(loaded), started: () => ({ isUsingGpuDevice: false }) };
    await expect(startTensorflow('@tensorflow/tfjs-node-gpu', noGpu)).rejects.toThrow('TensorFlow found no CUDA GPU');
    expect(await startTensorflow('@tensorflow/tfjs-node', noGpu)).toMatch(/^native library/);
    expect(loaded).toEqual(['/installed/@tensorflow/tfjs-node-gpu']);
  });

  it('gives the reason of a package that does not load', async () => {
    const load = () => {
      throw new Error('native addon not found');
    };
    await expect(startTensorflow('@tensorflow/tfjs-node', { ...found, load })).rejects.toThrow(
      'native addon not found',
    );
  });
});
