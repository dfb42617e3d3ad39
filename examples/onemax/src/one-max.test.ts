import {
  bitEncoding,
  type EvolveOptions,
  evolve,
  rouletteSelection,
  type Selection,
  tournamentSelection,
} from '@cnnviz/genetic';
import { describe, expect, it } from 'vitest';
import { oneMax } from './one-max.ts';

const ones = (bits: Uint8Array) => bits.reduce((sum, bit) => sum + bit, 0);
const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)]!;
const rouletteSelectionPlain: Selection = (fitness, count, random) => rouletteSelection(fitness, count, random);
const tournaments: Selection = (fitness, count, random) => tournamentSelection(fitness, count, random);

/** By the algorithm itself, which a test below holds `oneMax` to: it records nothing, and is quicker. */
const evolveOneMax = (options: { seed: number; length?: number } & Partial<EvolveOptions<Uint8Array>>) => {
  const { length = 20, ...rest } = options;
  return evolve({
    encoding: bitEncoding({ length, flipRate: 0.05 }),
    selection: rouletteSelectionPlain,
    fitness: ones,
    populationSize: 100,
    generations: 300,
    stopAt: length,
    ...rest,
  });
};
const generationsOf = (seeds: number, options = {}) =>
  Promise.all(
    Array.from({ length: seeds }, async (_, seed) => {
      const { stoppedBy, history } = await evolveOneMax({ seed, ...options });
      return stoppedBy === 'stopAt' ? history.length - 1 : Number.POSITIVE_INFINITY;
    }),
  );

describe('oneMax', () => {
  it('shows a run that can be followed: parents, cuts and flips make the children', () => {
    const { generations } = oneMax({ seed: 1, length: 8, populationSize: 10, elites: 2, generations: 15 });
    for (const [index, { strings, pairs, elites, best, mean }] of generations.entries()) {
      expect(strings).toHaveLength(10);
      for (const { bits, fitness } of strings) expect(fitness).toBe([...bits].filter((bit) => bit === '1').length);
      expect(best).toBe(Math.max(...strings.map(({ fitness }) => fitness)));
      expect(mean).toBeCloseTo(strings.reduce((sum, { fitness }) => sum + fitness, 0) / 10, 12);
      const next = generations[index + 1];
      if (next === undefined) continue;
      const followed = pairs.flatMap(({ parents, cuts, children }) => {
        const [first, second] = parents.map((parent) => strings[parent]!.bits) as [string, string];
        const swap = (own: string, other: string) =>
          cuts === null ? own : own.slice(0, cuts.start) + other.slice(cuts.start, cuts.end) + own.slice(cuts.end);
        const crossed = [swap(first, second), swap(second, first)];
        children.forEach(({ bits, flipped }, child) => {
          const flip = (bit: string, place: number) => (flipped.includes(place) ? String(1 - Number(bit)) : bit);
          expect(bits).toBe([...crossed[child]!].map(flip).join(''));
        });
        return children.map(({ bits }) => bits);
      });
      const survivors = elites.map((elite) => strings[elite]!.bits);
      expect(next.strings.map(({ bits }) => bits)).toEqual([...survivors, ...followed]);
    }
  });

  it('gives probabilities of selection: shares of the wheel, or those of the tournament', () => {
    const [roulette] = oneMax({ seed: 1, populationSize: 5, generations: 0 }).generations;
    const total = roulette!.strings.reduce((sum, { fitness }) => sum + fitness, 0);
    for (const { fitness, selectionProbability } of roulette!.strings) {
      expect(selectionProbability).toBeCloseTo(fitness / total, 12);
    }
    const [tournament] = oneMax({ seed: 1, populationSize: 50, generations: 0, selection: 'tournament' }).generations;
    const sum = tournament!.strings.reduce((all, { selectionProbability }) => all + selectionProbability, 0);
    expect(sum).toBeCloseTo(1, 12);
    const best = tournament!.strings.filter(({ fitness }) => fitness === tournament!.best);
    const chance = (1 - (1 - best.length / 50) ** 3) / best.length;
    expect(best[0]!.selectionProbability).toBeCloseTo(chance, 12);
  });

  it('is the genetic algorithm of this package, draw for draw', async () => {
    for (const [elites, selection] of [
      [0, 'tournament'],
      [3, 'roulette'],
    ] as const) {
      const run = oneMax({ seed: 4, selection, elites, generations: 20, length: 40, populationSize: 31 });
      const { population, history } = await evolve({
        encoding: bitEncoding({ length: 40, flipRate: 0.05 }),
        ...(selection === 'roulette' ? { selection: rouletteSelectionPlain } : {}),
        fitness: ones,
        populationSize: 31,
        generations: 20,
        stopAt: 40,
        elites,
        seed: 4,
      });
      expect(run.generations.map(({ best }) => best)).toEqual(history.map(({ best }) => best));
      expect(run.generations.at(-1)!.strings.map(({ bits }) => bits)).toEqual(
        population.map(({ genome }) => genome.join('')),
      );
    }
  });

  it('solves 20 bits by roulette in about 31 generations, 17 with an elite, 7 by tournament', async () => {
    const plain = await generationsOf(60);
    expect(Math.max(...plain)).toBeLessThan(300);
    expect(median(plain)).toBeGreaterThanOrEqual(24);
    expect(median(plain)).toBeLessThanOrEqual(38);
    const elitist = median(await generationsOf(60, { elites: 1 }));
    expect(elitist).toBeGreaterThanOrEqual(13);
    expect(elitist).toBeLessThanOrEqual(21);
    const tournament = median(await generationsOf(60, { selection: tournaments }));
    expect(tournament).toBeGreaterThanOrEqual(6);
    expect(tournament).toBeLessThanOrEqual(8);
  });

  it('does not solve 100 bits by plain roulette: the best stays about 84', async () => {
    const seeds = [0, 1, 2];
    const runs = await Promise.all(seeds.map((seed) => evolveOneMax({ seed, length: 100, populationSize: 300 })));
    expect(runs.map(({ stoppedBy }) => stoppedBy)).toEqual(seeds.map(() => 'generations'));
    const best = median(runs.map((run) => run.best.fitness));
    expect(best).toBeGreaterThanOrEqual(80);
    expect(best).toBeLessThanOrEqual(88);
  });

  it('says in which generation it was solved, or that it was not', async () => {
    const { generations, solvedIn } = oneMax();
    expect(solvedIn).toBe(15);
    expect(generations).toHaveLength(16);
    expect([solvedIn]).toEqual(await generationsOf(1));
    expect(oneMax({ generations: 14 }).solvedIn).toBeNull();
  });

  it('is plain data, the same for the same seed, and for none', () => {
    const run = oneMax({ length: 10, populationSize: 6 });
    expect(JSON.parse(JSON.stringify(run))).toEqual(run);
    expect(oneMax({ seed: 0, length: 10, populationSize: 6 })).toEqual(run);
    expect(oneMax({ seed: 1, length: 10, populationSize: 6 })).not.toEqual(run);
  });

  it('throws on options out of range', () => {
    expect(() => oneMax({ populationSize: 1 })).toThrow('populationSize must be an integer >= 2, got 1');
    expect(() => oneMax({ generations: Number.NaN })).toThrow('generations must be an integer >= 0, got NaN');
    expect(() => oneMax({ selection: 'rank' as never })).toThrow('selection must be one of "roulette", "tournament"');
    expect(() => oneMax({ flipRate: 2 })).toThrow('flipRate must be a number >= 0 and <= 1, got 2');
    expect(() => oneMax({ length: 1 })).toThrow('length');
    expect(() => oneMax({ seed: -1 })).toThrow('seed');
  });
});
