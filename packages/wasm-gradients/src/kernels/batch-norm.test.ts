import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { expectSameAsCpu, normal, runKernelOn, type Values } from '../../test-support/compare-with-cpu.ts';

describe('FusedBatchNorm', () => {
  const positive = ({ shape, values }: Values): Values => ({ shape, values: values.map((value) => value ** 2 + 0.1) });
  const statistics = (shape: number[]) => ({ mean: normal(shape, 2), variance: positive(normal(shape, 3)) });
  const attrs = { varianceEpsilon: 1e-3 };

  it.each([[[2, 3, 5, 6]], [[2, 3, 5, 7]], [[4, 1]], [[1, 1, 1, 64]], [[5, 3]], [[0, 3]]])(
    'equals cpu on %j, with and without scale and offset',
    async (shape) => {
      const c = [shape.at(-1)!];
      for (const more of [
        {},
        { scale: normal(c, 4) },
        { offset: normal(c, 5) },
        { scale: normal(c, 4), offset: normal(c, 5) },
      ]) {
        const inputs = { x: normal(shape, 1), ...statistics(c), ...more };
        await expectSameAsCpu({ kernel: 'FusedBatchNorm', inputs, attrs }, 1e-6);
      }
    },
  );

  it('equals cpu with statistics for each pixel', async () => {
    const shape = [1, 3, 5, 6];
    const inputs = { x: normal(shape, 1), ...statistics(shape), scale: normal(shape, 4), offset: normal(shape, 5) };
    await expectSameAsCpu({ kernel: 'FusedBatchNorm', inputs, attrs }, 1e-6);
  });

  it('loses nothing where the mean is far from 0', async () => {
    const x = { shape: [2, 2], values: Float32Array.of(1e4 + 1, 5, 1e4 - 1, 7) };
    const mean = { shape: [2], values: Float32Array.of(1e4, 6) };
    const variance = { shape: [2], values: Float32Array.of(1, 1) };
    const kernelCase = { kernel: 'FusedBatchNorm', inputs: { x, mean, variance }, attrs: { varianceEpsilon: 0 } };
    expect([...(await runKernelOn('wasm', kernelCase)).values]).toEqual([1, -1, -1, 1]);
  });

  it('leaves nothing on the heap', async () => {
    await tf.setBackend('wasm');
    const inputs = { x: normal([64, 64], 1), ...statistics([64]) };
    const heap = () => (tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } }).wasm.HEAPU8.length;
    for (let time = 0; time < 20; time++) await runKernelOn('wasm', { kernel: 'FusedBatchNorm', inputs, attrs });
    const before = heap();
    for (let time = 0; time < 2000; time++) await runKernelOn('wasm', { kernel: 'FusedBatchNorm', inputs, attrs });
    expect(heap()).toBe(before);
  });
});
