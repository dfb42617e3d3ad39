import { createRandom } from '@cnnviz/internal';
import { describeOnBackends } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { projectToBall } from './project-to-ball.ts';
import { projectToL1Ball } from './project-to-l1-ball.ts';
import type { Norm } from './step-direction.ts';

async function project(values: number[], norm: Norm, epsilon: number, height = 1): Promise<number[]> {
  const shape = [1, height, values.length / height, 1] as [number, number, number, number];
  const given = tf.tensor4d(values, shape);
  const result = norm === 'l1' ? await projectToL1Ball(tf.clone(given), epsilon) : projectToBall(given, norm, epsilon);
  const projected = [...(await result.data())];
  tf.dispose([given, result]);
  return projected;
}

const length = (values: readonly number[], norm: Norm): number => {
  if (norm === 'linf') return Math.max(...values.map(Math.abs));
  return norm === 'l2' ? Math.hypot(...values) : values.reduce((sum, value) => sum + Math.abs(value), 0);
};

/** Duchi et al., figure 1: sort, then find the last value that stays positive. */
function projectToL1BySorting(values: readonly number[], epsilon: number): number[] {
  if (length(values, 'l1') <= epsilon) return [...values];
  const sorted = values.map(Math.abs).sort((a, b) => b - a);
  let sum = 0;
  let threshold = 0;
  for (const [index, value] of sorted.entries()) {
    sum += value;
    const candidate = (sum - epsilon) / (index + 1);
    if (value >= candidate) threshold = candidate;
  }
  return values.map((value) => Math.sign(value) * Math.max(0, Math.abs(value) - threshold));
}

const reference: Record<Norm, (values: readonly number[], epsilon: number) => number[]> = {
  linf: (values, epsilon) => values.map((value) => Math.min(epsilon, Math.max(-epsilon, value))),
  l2: (values, epsilon) => values.map((value) => value * Math.min(1, epsilon / (length(values, 'l2') || 1))),
  l1: projectToL1BySorting,
};

const value = fc.oneof(
  fc.float({ min: -4, max: 4, noNaN: true }),
  fc.constantFrom(0, 1, -1, 0.5, 1e-6).map(Math.fround),
);
const cases = fc.tuple(
  fc.array(value, { minLength: 1, maxLength: 40 }),
  fc.oneof(fc.constantFrom(0, 0.1, 1, 8 / 255), fc.double({ min: 1e-3, max: 10, noNaN: true })),
);

describeOnBackends(['cpu', 'wasm'], () => {
  describe.each(['linf', 'l2', 'l1'] as const)('projection in %s', (norm) => {
    test('gives the nearest point of the ball', async () => {
      await fc.assert(
        fc.asyncProperty(cases, async ([values, epsilon]) => {
          const projected = await project(values, norm, epsilon);
          const expected = reference[norm](values, epsilon);
          for (const [index, point] of projected.entries()) {
            expect(Math.abs(point - expected[index]!)).toBeLessThan(1e-5 * (1 + epsilon));
          }
        }),
        { numRuns: 200 },
      );
    });

    test('never leaves the ball, whatever is lost to rounding', async () => {
      await fc.assert(
        fc.asyncProperty(cases, async ([values, epsilon]) => {
          expect(length(await project(values, norm, epsilon), norm)).toBeLessThanOrEqual(epsilon);
        }),
        { numRuns: 200 },
      );
    });

    test('leaves what is well inside as it is, and NaN as NaN', async () => {
      expect(await project([0.125, -0.25, 0], norm, 1)).toEqual([0.125, -0.25, 0]);
      expect((await project([Number.NaN, 0.25], norm, 1))[0]).toBeNaN();
    });
  });

  test('L1 is exact for many values too, of heavy tails and of light ones', async () => {
    const random = createRandom(0);
    const size = 30_000;
    const normal = random.fillNormal(new Float32Array(size));
    const spectra = [
      normal,
      normal.map((value) => value ** 3),
      normal.map((_, index) => 0.99 ** index),
      normal.map((value, index) => (index % 7 === 0 ? 100 * value : value)),
      normal.map((_, index) => 1 + (index % 2)),
      normal.map(() => 0.5),
    ];
    for (const values of spectra) {
      for (const share of [0.9999, 0.97, 0.5, 0.1, 0.01]) {
        const epsilon = share * length([...values], 'l1');
        const projected = await project([...values], 'l1', epsilon, 300);
        const expected = projectToL1BySorting([...values], epsilon);
        const distance = Math.hypot(...projected.map((value, index) => value - expected[index]!));
        expect(distance).toBeLessThan(1e-4 * Math.hypot(...expected));
      }
    }
  });

  test('L1 draws every value in by the same amount, and the small ones to 0', async () => {
    const projected = await project([3, -2, 0.5], 'l1', 3);
    for (const [index, expected] of [2, -1, 0].entries()) expect(projected[index]).toBeCloseTo(expected, 5);
  });
});
