import { describeOnBackends } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { perturb } from './perturb.ts';

describeOnBackends(['cpu', 'wasm'], () => {
  async function perturbed(pixels: number[], perturbation: number[], bounds: [number, number]): Promise<number[]> {
    const shape: [number, number, number, number] = [1, 1, pixels.length, 1];
    const result = tf.tidy(() => perturb(tf.tensor4d(pixels, shape), tf.tensor4d(perturbation, shape), bounds));
    const values = [...(await result.data())];
    tf.dispose(result);
    return values;
  }

  const bounds = fc.constantFrom<[number, number]>([0, 1], [-1, 1], [0, 255], [-2.5, 3.25]);
  const change = fc.oneof(
    fc.float({ min: -1, max: 1, noNaN: true }),
    fc.float({ min: Math.fround(-1e-7), max: Math.fround(1e-7), noNaN: true }),
    fc.constantFrom(8 / 255, -8 / 255, 0.3, -0.007).map(Math.fround),
  );
  const cases = bounds.chain(([min, max]) =>
    fc.tuple(
      fc.constant<[number, number]>([min, max]),
      fc.array(fc.tuple(fc.float({ min, max, noNaN: true }), change), { minLength: 200, maxLength: 200 }),
    ),
  );

  describe('perturb', () => {
    test('adds the perturbation', async () => {
      expect(await perturbed([0.5, 0.25], [0.25, -0.125], [0, 1])).toEqual([0.75, 0.125]);
    });

    test('clips to the bounds', async () => {
      expect(await perturbed([0.9, 0.1], [0.5, -0.5], [0, 1])).toEqual([1, 0]);
    });

    test('moves no value further than its perturbation in float32, and hardly less far', async () => {
      await fc.assert(
        fc.asyncProperty(cases, async ([[min, max], pairs]) => {
          const pixels = pairs.map(([pixel]) => pixel);
          const perturbation = pairs.map(([, by]) => by);
          const moved = await perturbed(pixels, perturbation, [min, max]);
          for (const [index, point] of moved.entries()) {
            const pixel = pixels[index]!;
            const by = perturbation[index]!;
            expect(point).toBeGreaterThanOrEqual(min);
            expect(point).toBeLessThanOrEqual(max);
            expect(Math.abs(Math.fround(point - pixel))).toBeLessThanOrEqual(Math.abs(by));
            const wanted = Math.min(max, Math.max(min, pixel + by));
            expect(Math.abs(point - wanted)).toBeLessThanOrEqual(2 ** -23 * Math.max(Math.abs(min), Math.abs(max)));
          }
        }),
      );
    });

    test('corrects sums that are rounded outwards', async () => {
      const pixels = Array.from({ length: 1000 }, (_, index) => Math.fround(0.5 + index / 2500));
      const by = Math.fround(0.1);
      expect(
        pixels.some((pixel) => Math.fround(Math.fround(pixel + by) - pixel) > by),
        'no sum of this test is rounded outwards',
      ).toBe(true);
      const moved = await perturbed(pixels, Array(1000).fill(by), [0, 1]);
      expect(moved.filter((point, index) => Math.fround(point - pixels[index]!) > by)).toEqual([]);
    });

    test('keeps NaN where it is', async () => {
      expect(await perturbed([0.5, 0.5], [Number.NaN, 0.25], [0, 1])).toEqual([Number.NaN, 0.75]);
    });
  });
});
