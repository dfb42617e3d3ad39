import { expect, it } from 'vitest';
import { DEAP, mannWhitney, runOneMax } from '../../test-support/one-max-of-deap.ts';

it('takes about as many generations for OneMax as DEAP does, over a tenth of the seeds', async () => {
  const { generations, evaluations } = await runOneMax(20);
  expect(Math.abs(mannWhitney(generations, DEAP))).toBeLessThan(3);
  expect(Math.abs(evaluations.toSorted((a, b) => a - b)[10]! - 6680)).toBeLessThan(1000);
  // The same test tells a run with three generations in ten more apart.
  expect(
    mannWhitney(
      generations.map((count) => 1.3 * count),
      DEAP,
    ),
  ).toBeGreaterThan(3);
});
