import { createRandom } from '@cnnviz/internal';
import { describe, expect, it } from 'vitest';
import { tournamentSelection } from '../operators/selection/tournament-selection.ts';
import { selectWithinSpecies, speciate } from './speciation.ts';

const apart = (a: number, b: number) => Math.abs(a - b);

describe('speciate', () => {
  it('puts each genome into the first species that is near enough, else into a new one', () => {
    const { species, representatives } = speciate([1, 9, 2, 8, 20], apart, { threshold: 3 });
    expect([...species]).toEqual([0, 1, 0, 1, 2]);
    expect(representatives).toEqual([1, 9, 20]);
  });

  it('compares with the representatives that it is given, at less than the threshold', () => {
    const { species } = speciate([4, 7], apart, { threshold: 3, representatives: [1, 6] });
    expect([...species]).toEqual([1, 1]);
  });

  it('throws on a threshold that is not positive', () => {
    expect(() => speciate([1], apart, { threshold: 0 })).toThrow('threshold must be a number > 0, got 0');
  });
});

describe('selectWithinSpecies', () => {
  const select = (species: number[], fitness: number[], count: number, goal: 'maximize' | 'minimize' = 'maximize') =>
    selectWithinSpecies(Int32Array.from(species), fitness, count, createRandom(1), goal, (own, places, random) =>
      tournamentSelection(own, places, random, { goal }),
    );

  it('gives species offspring in proportion to their mean fitness above the worst, whatever their size', () => {
    // Means above the worst: 0, 2 and 4, for species of 4, 2 and 1 individuals.
    const parents = select([0, 0, 0, 0, 1, 1, 2], [1, 1, 1, 1, 3, 3, 5], 12);
    expect(parents.filter((index) => index >= 4 && index < 6)).toHaveLength(4);
    expect(parents.filter((index) => index === 6)).toHaveLength(8);
  });

  it('pairs parents of one species', () => {
    const species = [0, 1, 0, 1, 2, 2];
    const parents = select(species, [1, 2, 3, 4, 5, 6], 20);
    expect(parents).toHaveLength(20);
    for (let pair = 0; pair < 20; pair += 2) {
      expect(species[parents[pair]!]).toBe(species[parents[pair + 1]!]);
    }
  });

  it('divides equally where all are equally fit, and prefers the least where fitness is minimized', () => {
    expect(select([0, 1], [2, 2], 8).filter((index) => index === 0)).toHaveLength(4);
    expect([...select([0, 1], [1, 5], 4, 'minimize')]).toEqual([0, 0, 0, 0]);
  });
});
