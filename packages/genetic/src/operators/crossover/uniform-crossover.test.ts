import { createRandom } from '@cnnviz/internal';
import { expect, it } from 'vitest';
import { chiSquaredDeviation } from '../../../test-support/chi-squared.ts';
import { uniformCrossover } from './uniform-crossover.ts';

it('uniformCrossover exchanges each gene independently with the probability asked for', () => {
  const random = createRandom(4);
  const zeros = new Uint8Array(3);
  const ones = new Uint8Array(3).fill(1);
  const counts = new Float64Array(8);
  for (let draw = 0; draw < 50_000; draw++) {
    const [child] = uniformCrossover(zeros, ones, random, { rate: 0.3 });
    counts[child[0]! + 2 * child[1]! + 4 * child[2]!]!++;
  }
  const chances = Array.from({ length: 8 }, (_, outcome) => {
    const exchanged = [1, 2, 4].filter((bit) => outcome & bit).length;
    return 0.3 ** exchanged * 0.7 ** (3 - exchanged);
  });
  expect(chiSquaredDeviation(counts, chances)).toBeLessThan(4);
});

it('uniformCrossover throws on a rate outside [0, 1]', () => {
  const genome = new Uint8Array(3);
  expect(() => uniformCrossover(genome, genome, createRandom(0), { rate: 1.1 })).toThrow(
    '@cnnviz/genetic: uniformCrossover: rate must be a number >= 0 and <= 1, got 1.1',
  );
});
