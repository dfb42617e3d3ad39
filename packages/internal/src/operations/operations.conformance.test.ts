import { describeOnBackends } from '@cnnviz/testing';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { oneHot } from './one-hot.ts';
import { sumInStages } from './sum-in-stages.ts';
import { sumPerImage } from './sum-per-image.ts';
import { takeRows } from './take-rows.ts';
import { whereRows } from './where-rows.ts';

/** Runs an operation and frees all that it was given and made, and nothing else may be left. */
async function valuesOf(operate: () => tf.Tensor): Promise<number[]> {
  const before = tf.memory().numDataBuffers;
  const result = tf.tidy(operate);
  const values = [...(await result.data<'float32'>())];
  result.dispose();
  expect(tf.memory().numDataBuffers).toBe(before);
  return values;
}

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  const table = () => tf.tensor4d([1, 2, Number.NaN, 4, 5, 6], [3, 1, 2, 1]);

  test('takeRows copies rows in any order, also twice, and values that are not finite', async () => {
    expect(await valuesOf(() => takeRows(table(), [2, 0, 2]))).toEqual([5, 6, 1, 2, 5, 6]);
    expect(await valuesOf(() => takeRows(table(), tf.tensor1d([1], 'int32')))).toEqual([Number.NaN, 4]);
    expect(await valuesOf(() => takeRows(tf.tensor1d([7, 8, 9], 'int32'), [2, 1]))).toEqual([9, 8]);
    expect(await valuesOf(() => takeRows(table(), []))).toEqual([]);
    tf.tidy(() => {
      expect(takeRows(table(), [1, 1]).shape).toEqual([2, 1, 2, 1]);
      expect(takeRows(table(), []).shape).toEqual([0, 1, 2, 1]);
      expect(takeRows(tf.cast(table(), 'int32'), [1]).dtype).toBe('int32');
    });
  });

  test('whereRows takes each row from one of two, and nothing of the other', async () => {
    const others = () => tf.tensor4d([-1, -2, -3, -4, Number.POSITIVE_INFINITY, -6], [3, 1, 2, 1]);
    const expected = [1, 2, -3, -4, 5, 6];
    expect(await valuesOf(() => whereRows([true, false, true], table(), others()))).toEqual(expected);
    const isChosen = () => tf.tensor1d([true, false, true], 'bool') as unknown as Tensor1D;
    expect(await valuesOf(() => whereRows(isChosen(), table(), others()))).toEqual(expected);
    expect((await valuesOf(() => whereRows([true, true, true], table(), others()))).length).toBe(6);
    expect(await valuesOf(() => whereRows([false, false, false], table(), others()))).toEqual([
      -1,
      -2,
      -3,
      -4,
      Number.POSITIVE_INFINITY,
      -6,
    ]);
  });

  test('oneHot marks the class in float32, and none that does not exist', async () => {
    const labels = () => tf.tensor1d([1, 2, 3], 'int32') as Tensor1D;
    expect(await valuesOf(() => oneHot(labels(), 3))).toEqual([0, 1, 0, 0, 0, 1, 0, 0, 0]);
    // Where the values are used, integers in a float32 tensor would be tiny numbers.
    expect(await valuesOf(() => tf.mul(oneHot(labels(), 3), 2))).toEqual([0, 2, 0, 0, 0, 2, 0, 0, 0]);
  });

  test('sums keep their digits where many values are added', async () => {
    const side = 256;
    const tenths = () => tf.fill([1, side, side, 1], 0.1) as Tensor4D;
    const exact = side * side * Math.fround(0.1);
    for (const sum of [sumPerImage, sumInStages] as const) {
      const [value] = await valuesOf(() => sum(tenths()));
      expect(Math.abs(value! / exact - 1)).toBeLessThan(2e-5);
    }
    expect(await valuesOf(() => sumPerImage(tf.tensor4d([1, 2, 3, 4], [2, 1, 1, 2])))).toEqual([3, 7]);
    expect(
      await valuesOf(() =>
        sumInStages(
          tf.tensor2d([
            [1, 2],
            [3, 4],
          ]) as Tensor2D,
        ),
      ),
    ).toEqual([10]);
    expect(await valuesOf(() => sumInStages(tf.scalar(3)))).toEqual([3]);
  });
});
