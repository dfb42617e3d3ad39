import { describeOnBackends } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import { countParameters, initializeKernels, type KernelScheme } from './initialize-kernels.ts';

const network = () =>
  tfl.sequential({
    layers: [
      tfl.layers.conv2d({ inputShape: [8, 8, 4], filters: 64, kernelSize: 5 }),
      tfl.layers.batchNormalization(),
      tfl.layers.flatten(),
      tfl.layers.dense({ units: 10 }),
    ],
  });

async function weightsOf(scheme: KernelScheme, seed: number): Promise<Float32Array[]> {
  const model = network();
  initializeKernels(model, { seed, scheme });
  const weights = await Promise.all(model.getWeights().map((weight) => weight.data<'float32'>()));
  model.dispose();
  return weights.map((values) => Float32Array.from(values));
}

describeOnBackends(['cpu', 'wasm'], () => {
  it('draws kernels of variance 1 or 2 by the inputs of a unit', async () => {
    const inputs = 5 * 5 * 4;
    for (const [scheme, gain] of [
      ['lecun-uniform', 1],
      ['he-normal', 2],
    ] as const) {
      const kernel = (await weightsOf(scheme, 0))[0]!;
      const mean = kernel.reduce((sum, value) => sum + value, 0) / kernel.length;
      const variance = kernel.reduce((sum, value) => sum + (value - mean) ** 2, 0) / kernel.length;
      // 6,400 numbers: five standard errors of the mean, and of the variance of normal numbers.
      expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(gain / inputs / 6400));
      expect(Math.abs((variance * inputs) / gain - 1)).toBeLessThan(5 * Math.sqrt(2 / 6400));
    }
  });

  it('keeps uniform kernels within their limit', async () => {
    const kernel = (await weightsOf('lecun-uniform', 0))[0]!;
    const largest = kernel.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(largest).toBeLessThanOrEqual(Math.sqrt(3 / 100) * (1 + 1e-6));
    expect(largest).toBeGreaterThan(Math.sqrt(3 / 100) * 0.99);
  });

  it('leaves biases and batch normalization as they are', async () => {
    const [, bias, gamma, beta] = await weightsOf('he-normal', 0);
    expect([...new Set(bias)]).toEqual([0]);
    expect([...new Set(gamma)]).toEqual([1]);
    expect([...new Set(beta)]).toEqual([0]);
  });

  it('is decided by the seed, 0 included, and leaks nothing', async () => {
    const before = tf.memory().numTensors;
    expect(await weightsOf('he-normal', 0)).toEqual(await weightsOf('he-normal', 0));
    expect((await weightsOf('he-normal', 0))[0]).not.toEqual((await weightsOf('he-normal', 1))[0]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('counts what training changes', () => {
    const model = network();
    // Kernels, biases, scale and offset; no running statistics.
    expect(countParameters(model)).toBe(5 * 5 * 4 * 64 + 64 + 2 * 64 + 4 * 4 * 64 * 10 + 10);
    model.dispose();
  });
});
