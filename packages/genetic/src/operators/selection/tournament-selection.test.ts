import { createRandom } from '@cnnviz/internal';
import { describe, expect, it } from 'vitest';
import { chiSquaredDeviation, countOutcomes } from '../../../test-support/chi-squared.ts';
import { tournamentSelection } from './tournament-selection.ts';

const draw = (fitness: number[], options = {}) =>
  countOutcomes(tournamentSelection(fitness, 100_000, createRandom(11), options), fitness.length);

describe('tournamentSelection', () => {
  it('lets the i-th of n win with probability (i/n)^k - ((i-1)/n)^k', () => {
    for (const size of [1, 2, 3, 7]) {
      const chances = [1, 2, 3, 4, 5].map((rank) => (rank / 5) ** size - ((rank - 1) / 5) ** size);
      expect(chiSquaredDeviation(draw([-2, 0, 0.5, 8, 900], { size }), chances)).toBeLessThan(4);
    }
  });

  it('draws equals equally often', () => {
    expect(chiSquaredDeviation(draw([1, 1, 1, 1]), Array(4).fill(0.25))).toBeLessThan(4);
  });

  it('lets the least win where fitness is minimized', () => {
    const chances = [1, 2, 3].map((rank) => (rank / 3) ** 3 - ((rank - 1) / 3) ** 3);
    expect(chiSquaredDeviation(draw([9, 5, 1], { goal: 'minimize' }), chances)).toBeLessThan(4);
  });

  it('throws unless the size is a whole number >= 1', () => {
    expect(() => tournamentSelection([1], 1, createRandom(0), { size: 0 })).toThrow(
      '@cnnviz/genetic: tournamentSelection: size must be an integer >= 1, got 0',
    );
  });
});
