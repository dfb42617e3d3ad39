import { createRandom } from '@cnnviz/internal';
import { describe, expect, it } from 'vitest';
import { chiSquaredDeviation, countOutcomes } from '../../../test-support/chi-squared.ts';
import { rankSelection } from './rank-selection.ts';

const draw = (fitness: number[], options = {}) =>
  countOutcomes(rankSelection(fitness, 100_000, createRandom(2), options), fitness.length);

describe('rankSelection', () => {
  it('draws by rank alone: the best `pressure` times as often as average, falling in a line', () => {
    const chances = [0.5, 0.75, 1, 1.25, 1.5].map((weight) => weight / 5);
    expect(chiSquaredDeviation(draw([-1e6, 0, 1e-9, 5, 6]), chances)).toBeLessThan(4);
  });

  it('never draws the worst at pressure 2', () => {
    expect(chiSquaredDeviation(draw([3, 1, 2], { pressure: 2 }), [2 / 3, 0, 1 / 3])).toBeLessThan(4);
  });

  it('gives equals the average of their ranks', () => {
    expect(chiSquaredDeviation(draw([7, 7, 1], { pressure: 2 }), [0.5, 0.5, 0])).toBeLessThan(4);
  });

  it('turns round where fitness is minimized', () => {
    expect(chiSquaredDeviation(draw([1, 2, 3], { pressure: 2, goal: 'minimize' }), [2 / 3, 1 / 3, 0])).toBeLessThan(4);
  });

  it('throws on a pressure outside [1, 2]', () => {
    expect(() => rankSelection([1], 1, createRandom(0), { pressure: 2.5 })).toThrow('pressure');
  });
});
