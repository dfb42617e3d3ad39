import { describeOnBackends } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type L1Step, type Norm, stepDirection } from './step-direction.ts';

describeOnBackends(['cpu', 'wasm'], () => {
  async function directionOf(gradients: number[][], norm: Norm, l1Step: L1Step = 'gradient'): Promise<number[][]> {
    const pixels = gradients[0]!.length;
    const direction = tf.tidy(() =>
      stepDirection(tf.tensor4d(gradients.flat(), [gradients.length, 1, pixels, 1]), norm, l1Step),
    );
    const values = [...(await direction.data())];
    tf.dispose(direction);
    return gradients.map((_, image) => values.slice(image * pixels, (image + 1) * pixels));
  }

  const gradient = fc
    .array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: 1, maxLength: 20 })
    .filter((values) => values.some((value) => Math.abs(value) > 1e-20));

  describe('stepDirection', () => {
    test('is the sign of each value in L∞', async () => {
      expect(await directionOf([[3, -1e-30, 0, -7]], 'linf')).toEqual([[1, -1, 0, -1]]);
    });

    test('is the gradient divided by its length in L2 and L1', async () => {
      const [l2] = await directionOf([[3, -4]], 'l2');
      expect(l2![0]).toBeCloseTo(0.6, 5);
      expect(l2![1]).toBeCloseTo(-0.8, 5);
      const [l1] = await directionOf([[3, -4]], 'l1');
      expect(l1![0]).toBeCloseTo(3 / 7, 5);
      expect(l1![1]).toBeCloseTo(-4 / 7, 5);
    });

    test('is the steepest coordinate in L1 by coordinate, shared by ties', async () => {
      const [single] = await directionOf([[3, -4, 1]], 'l1', 'coordinate');
      for (const [index, expected] of [0, -1, 0].entries()) expect(single![index]).toBeCloseTo(expected, 5);
      const [tied] = await directionOf([[4, -4, 1]], 'l1', 'coordinate');
      for (const [index, expected] of [0.5, -0.5, 0].entries()) expect(tied![index]).toBeCloseTo(expected, 5);
    });

    test('treats each image by itself', async () => {
      const [first, second] = await directionOf(
        [
          [2, 0],
          [0, -0.001],
        ],
        'l2',
      );
      expect(first![0]).toBeCloseTo(1, 5);
      expect(second![1]).toBeCloseTo(-1, 5);
    });

    test('has a length of at most 1, and of 1 up to rounding', async () => {
      await fc.assert(
        fc.asyncProperty(gradient, async (values) => {
          const [l2] = await directionOf([values], 'l2');
          const [l1] = await directionOf([values], 'l1');
          const length = Math.sqrt(l2!.reduce((sum, value) => sum + value * value, 0));
          const sum = l1!.reduce((total, value) => total + Math.abs(value), 0);
          for (const norm of [length, sum]) {
            expect(norm).toBeLessThanOrEqual(1);
            expect(norm).toBeGreaterThan(1 - 1e-5);
          }
        }),
      );
    });

    test('does not depend on the scale of the gradient', async () => {
      for (const norm of ['l2', 'l1'] as const) {
        const [unit] = await directionOf([[3, -4, 0.5]], norm);
        for (const scale of [1e-30, 1e30]) {
          const [scaled] = await directionOf([[3 * scale, -4 * scale, 0.5 * scale]], norm);
          for (const [index, value] of scaled!.entries()) expect(value).toBeCloseTo(unit![index]!, 5);
        }
      }
    });

    test('is zero for a gradient of zero', async () => {
      for (const norm of ['linf', 'l2', 'l1'] as const) expect(await directionOf([[0, 0]], norm)).toEqual([[0, 0]]);
      expect(await directionOf([[0, 0]], 'l1', 'coordinate')).toEqual([[0, 0]]);
    });

    test('keeps NaN, and in its image alone', async () => {
      for (const norm of ['linf', 'l2', 'l1'] as const) {
        const [broken, sound] = await directionOf(
          [
            [Number.NaN, 1],
            [0, 1],
          ],
          norm,
        );
        expect(broken![0]).toBeNaN();
        expect(sound![1]).toBeCloseTo(1, 5);
      }
    });
  });
});
