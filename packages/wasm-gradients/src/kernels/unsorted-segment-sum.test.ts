import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import {
  expectSameAsCpu,
  normal,
  relativeError,
  runKernelOn,
  tensorOf,
  useWasm,
} from '../../test-support/compare-with-cpu.ts';

describe('UnsortedSegmentSum', () => {
  it.each([
    [[6], 4],
    [[6, 5], 3],
    [[6, 2, 7], 8],
  ])('equals cpu for rows %j in %i segments', async (shape, numSegments) => {
    const segmentIds = { shape: [6], values: Int32Array.of(0, 2, 2, 1, 0, 2) };
    const x = normal(shape, 1);
    await expectSameAsCpu({ kernel: 'UnsortedSegmentSum', inputs: { x, segmentIds }, attrs: { numSegments } });
    const integers = { shape, values: Int32Array.from(x.values, (value) => Math.round(10 * value)) };
    await expectSameAsCpu({
      kernel: 'UnsortedSegmentSum',
      inputs: { x: integers, segmentIds },
      attrs: { numSegments },
    });
  });

  it('drops ids that name no segment', async () => {
    const { values } = await runKernelOn('wasm', {
      kernel: 'UnsortedSegmentSum',
      inputs: {
        x: { shape: [4], values: Float32Array.of(1, 2, 4, 8) },
        segmentIds: { shape: [4], values: Int32Array.of(-1, 0, 5, 1) },
      },
      attrs: { numSegments: 2 },
    });
    expect([...values]).toEqual([2, 8]);
  });

  it('is the gradient of gathering', async () => {
    await import('@tensorflow/tfjs-layers');
    await useWasm();
    const table = normal([5, 3], 2);
    const gradient = tf.tidy(() =>
      tf.grad((x) => tf.sum(tf.square(tf.gather(x, tf.tensor1d([4, 0, 4], 'int32')))))(tensorOf(table)),
    );
    const expected = Array.from(table.values, (value, i) => 2 * value * ([1, 0, 0, 0, 2][Math.floor(i / 3)] ?? 0));
    expect(relativeError(await gradient.data(), expected)).toBeLessThan(1e-6);
    tf.dispose(gradient);
  });
});
