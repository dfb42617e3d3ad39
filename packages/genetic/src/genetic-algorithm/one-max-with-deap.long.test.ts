import { expect, it } from 'vitest';
import { DEAP, mannWhitney, runOneMax } from '../../test-support/one-max-of-deap.ts';

it('takes as many generations for OneMax as DEAP does, over 200 seeds', async () => {
  const { generations, evaluations } = await runOneMax(DEAP.length);
  const sorted = generations.toSorted((a, b) => a - b);
  expect(Math.abs(sorted[100]! - 36)).toBeLessThanOrEqual(3);
  expect(generations.filter((count) => count >= 30 && count <= 70).length).toBeGreaterThan(165);
  expect(Math.abs(evaluations.toSorted((a, b) => a - b)[100]! - 6680)).toBeLessThan(500);
  expect(Math.abs(mannWhitney(generations, DEAP))).toBeLessThan(3);
  // The same test tells a run with one generation in ten more apart.
  expect(
    mannWhitney(
      generations.map((count) => 1.1 * count),
      DEAP,
    ),
  ).toBeGreaterThan(3);
});
