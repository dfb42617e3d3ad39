import { createRandom } from '@cnnviz/internal';
import { describe, expect, it } from 'vitest';
import { chiSquaredDeviation, countOutcomes } from '../../../test-support/chi-squared.ts';
import { truncationSelection } from './truncation-selection.ts';

const draw = (fitness: number[], options = {}) =>
  countOutcomes(truncationSelection(fitness, 50_000, createRandom(2), options), fitness.length);

describe('truncationSelection', () => {
  it('draws the best half, each equally often', () => {
    expect(chiSquaredDeviation(draw([4, 1, 3, 2]), [0.5, 0, 0.5, 0])).toBeLessThan(4);
  });

  it('keeps the first of equals at the cut', () => {
    expect(chiSquaredDeviation(draw([1, 1, 1, 1]), [0.5, 0.5, 0, 0])).toBeLessThan(4);
  });

  it('draws one at least, and the least where fitness is minimized', () => {
    expect(draw([4, 1, 3, 2], { fraction: 0.01, goal: 'minimize' })).toEqual(Float64Array.of(0, 50_000, 0, 0));
  });

  it('throws on a fraction outside (0, 1]', () => {
    expect(() => truncationSelection([1], 1, createRandom(0), { fraction: 0 })).toThrow(
      'fraction must be a number > 0 and <= 1, got 0',
    );
  });
});
