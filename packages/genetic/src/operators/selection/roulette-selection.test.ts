import { createRandom } from '@cnnviz/internal';
import { describe, expect, it } from 'vitest';
import { chiSquaredDeviation, countOutcomes } from '../../../test-support/chi-squared.ts';
import { rouletteSelection } from './roulette-selection.ts';

const draws = 100_000;
const drawn = (fitness: number[], options = {}) =>
  countOutcomes(rouletteSelection(fitness, draws, createRandom(3), options), fitness.length);

describe('rouletteSelection', () => {
  it('draws in proportion to fitness', () => {
    expect(chiSquaredDeviation(drawn([1, 2, 3, 4]), [0.1, 0.2, 0.3, 0.4])).toBeLessThan(4);
  });

  it('never draws an individual of fitness 0', () => {
    expect(chiSquaredDeviation(drawn([0, 1, 0, 3, 0]), [0, 0.25, 0, 0.75, 0])).toBeLessThan(4);
  });

  it('draws what is left of the others undistorted when windowing takes the worst away, where DEAP distorts', () => {
    const counts = drawn([-1, 2, 3, 4], { scaling: 'window' });
    expect(chiSquaredDeviation(counts, [0, 3 / 12, 4 / 12, 5 / 12])).toBeLessThan(4);
    const withDeap = [0, 0.124, 0.377, 0.499];
    expect(chiSquaredDeviation(counts, withDeap)).toBeGreaterThan(4);
  });

  it('draws the least where fitness is to be minimized', () => {
    const counts = drawn([1, 2, 3, 4], { goal: 'minimize', scaling: 'window' });
    expect(chiSquaredDeviation(counts, [3 / 6, 2 / 6, 1 / 6, 0])).toBeLessThan(4);
  });

  it('draws each equally where all are equal, also at 0, once scaled', () => {
    for (const scaling of ['window', 'linear', 'sigma']) {
      expect(chiSquaredDeviation(drawn([0, 0, 0, 0], { scaling }), [0.25, 0.25, 0.25, 0.25])).toBeLessThan(4);
    }
  });

  it('returns as many as asked for, none for 0', () => {
    expect(rouletteSelection([1, 2], 0, createRandom(0))).toEqual(new Int32Array(0));
    expect(rouletteSelection([5], 3, createRandom(0))).toEqual(Int32Array.of(0, 0, 0));
  });

  it('says which option defines a wheel of total 0, of negative fitness and of fitness to minimize', () => {
    const random = createRandom(0);
    const remedy = "set scaling to 'window', 'linear' or 'sigma'";
    expect(() => rouletteSelection([0, 0], 2, random)).toThrow(
      `@cnnviz/genetic: selectionWeights: fitness adds up to 0, so that the wheel is empty: ${remedy}`,
    );
    expect(() => rouletteSelection([-1, 2], 2, random)).toThrow(`fitness[0] is negative, -1: ${remedy}`);
    expect(() => rouletteSelection([1, 2], 2, random, { goal: 'minimize' })).toThrow(
      `fitness to be minimized has no share of a plain wheel: ${remedy}`,
    );
  });

  it('says which fitness is not a number', () => {
    expect(() => rouletteSelection([1, Number.NaN], 2, createRandom(0))).toThrow(
      '@cnnviz/genetic: rouletteSelection: fitness[1] must be a finite number, got NaN',
    );
    expect(() => rouletteSelection([], 2, createRandom(0))).toThrow('fitness of at least one individual');
    expect(() => rouletteSelection([1], -2, createRandom(0))).toThrow('count must be an integer >= 0, got -2');
  });
});
