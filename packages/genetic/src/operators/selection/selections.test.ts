import { createRandom } from '@cnnviz/internal';
import { describe, expect, it } from 'vitest';
import { rankSelection } from './rank-selection.ts';
import { rouletteSelection } from './roulette-selection.ts';
import type { Selection } from './selection.ts';
import { stochasticUniversalSampling } from './stochastic-universal-sampling.ts';
import { tournamentSelection } from './tournament-selection.ts';
import { truncationSelection } from './truncation-selection.ts';

const selections: [string, Selection][] = [
  ['rouletteSelection', (fitness, count, random) => rouletteSelection(fitness, count, random)],
  ['stochasticUniversalSampling', (fitness, count, random) => stochasticUniversalSampling(fitness, count, random)],
  ['tournamentSelection', (fitness, count, random) => tournamentSelection(fitness, count, random)],
  ['rankSelection', (fitness, count, random) => rankSelection(fitness, count, random)],
  ['truncationSelection', (fitness, count, random) => truncationSelection(fitness, count, random)],
];

describe.each(selections)('%s', (_, select) => {
  const fitness = [4, 1, 3, 2, 5];
  const draw = (seed: number, count = 50) => select(fitness, count, createRandom(seed), 'maximize');

  it('gives the same indices for the same seed and others for another', () => {
    expect(draw(0)).toEqual(draw(0));
    expect(draw(0)).not.toEqual(draw(1));
  });

  it('favors the best over the worst', () => {
    const counts = [0, 0, 0, 0, 0];
    for (const index of draw(7, 5000)) counts[index]!++;
    expect(counts[4]!).toBeGreaterThan(counts[1]!);
  });

  it('draws as many as asked for, also none, and from one individual that one', () => {
    expect(draw(0, 0)).toHaveLength(0);
    expect(draw(0, 7)).toHaveLength(7);
    expect(select([3], 2, createRandom(0), 'maximize')).toEqual(Int32Array.of(0, 0));
  });

  it('does not change the fitness', () => {
    draw(0);
    expect(fitness).toEqual([4, 1, 3, 2, 5]);
  });

  it('says which fitness is not a number', () => {
    expect(() => select([1, Number.NaN], 1, createRandom(0), 'maximize')).toThrow(
      'fitness[1] must be a finite number, got NaN',
    );
  });
});
