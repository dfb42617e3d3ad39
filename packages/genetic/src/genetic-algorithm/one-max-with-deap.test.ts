import { expect, it } from 'vitest';
import { bitEncoding } from '../encodings/bit-encoding.ts';
import { evolve } from './evolve.ts';

/** Generations that DEAP 1.4 (examples/ga/onemax.py, CPython 3.11) takes with the seeds 0 to 199. */
const DEAP = [
  48, 32, 56, 30, 33, 32, 32, 43, 36, 106, 34, 33, 67, 32, 41, 50, 43, 46, 56, 38, 35, 40, 30, 48, 33, 36, 33, 33, 31,
  34, 39, 36, 38, 36, 48, 41, 30, 85, 50, 34, 31, 32, 30, 40, 36, 34, 32, 36, 49, 35, 30, 32, 33, 28, 34, 52, 69, 33,
  38, 34, 37, 33, 37, 62, 35, 33, 31, 30, 33, 34, 31, 28, 48, 30, 99, 42, 28, 37, 32, 37, 46, 42, 32, 35, 35, 38, 33,
  42, 31, 53, 38, 36, 34, 37, 52, 30, 35, 35, 30, 41, 46, 37, 40, 34, 36, 30, 34, 36, 78, 31, 37, 125, 35, 35, 34, 52,
  34, 37, 47, 29, 36, 38, 83, 34, 54, 41, 35, 47, 28, 31, 48, 34, 39, 38, 73, 73, 44, 32, 34, 36, 36, 37, 38, 34, 62,
  36, 46, 55, 29, 33, 34, 35, 39, 44, 61, 45, 34, 38, 33, 34, 37, 33, 44, 34, 38, 36, 33, 102, 40, 79, 33, 53, 35, 36,
  34, 34, 32, 34, 32, 36, 38, 30, 30, 52, 46, 34, 33, 64, 33, 33, 28, 29, 33, 30, 70, 38, 33, 35, 30, 27,
];

it('takes as many generations for OneMax as DEAP does, over 200 seeds', async () => {
  const generations: number[] = [];
  const evaluations: number[] = [];
  for (let seed = 0; seed < DEAP.length; seed++) {
    const { history, stoppedBy } = await evolve({
      encoding: bitEncoding({ length: 100, flipRate: 0.05 }),
      fitness: (bits) => bits.reduce((sum, bit) => sum + bit, 0),
      populationSize: 300,
      crossoverRate: 0.5,
      mutationRate: 0.2,
      generations: 1000,
      stopAt: 100,
      seed,
    });
    expect(stoppedBy).toBe('stopAt');
    generations.push(history.length - 1);
    evaluations.push(history.at(-1)!.evaluations);
  }
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

/** By how many standard deviations the first sample ranks above the second; ties share their ranks. */
function mannWhitney(first: readonly number[], second: readonly number[]): number {
  let wins = 0;
  for (const a of first) for (const b of second) wins += a > b ? 1 : a === b ? 0.5 : 0;
  const pairs = first.length * second.length;
  return (wins - pairs / 2) / Math.sqrt((pairs * (first.length + second.length + 1)) / 12);
}
