import { bitEncoding, GeneticAlgorithm, tournamentSelection, twoPointCrossover } from '@cnnviz/genetic';
import { describe, expect, it } from 'vitest';
import {
  type CrossoverName,
  nextGeneration,
  type OneMaxSettings,
  type OneMaxStep,
  runToSolution,
  type SelectionName,
} from '../src/worker/one-max.ts';

const settings: OneMaxSettings = {
  seed: 3,
  length: 32,
  populationSize: 30,
  selection: 'tournament',
  crossover: 'two-point',
  mutationRate: 0.2,
};

describe('the work of the chapter', () => {
  it('is the genetic algorithm of the package, to the bit', () => {
    const algorithm = new GeneticAlgorithm({
      encoding: bitEncoding({ length: 32, crossover: twoPointCrossover, flipRate: 0.05 }),
      populationSize: 30,
      seed: 3,
      selection: (fitness, count, random) => tournamentSelection(fitness, count, random, { size: 3 }),
    });
    let step: OneMaxStep | undefined;
    for (let generation = 0; generation < 8; generation++) {
      algorithm.tell(algorithm.ask().map((bits) => bits.filter((bit) => bit === 1).length));
      step = nextGeneration(settings, step?.state);
      expect(step.generation.genomes).toEqual(
        algorithm.population.map(({ genome, fitness }) => ({ bits: genome.join(''), fitness })),
      );
      expect(step.generation).toMatchObject(
        (({ generation, evaluations, best, mean, worst }) => ({ generation, evaluations, best, mean, worst }))(
          algorithm.statistics(),
        ),
      );
    }
  });

  const selections: SelectionName[] = ['tournament', 'roulette', 'universal', 'rank', 'truncation'];
  const crossovers: CrossoverName[] = ['two-point', 'one-point', 'uniform', 'none'];
  it.each(selections.flatMap((selection) => crossovers.map((crossover) => [selection, crossover] as const)))(
    'says of every bit where it comes from: %s, %s',
    (selection, crossover) => {
      // An odd population leaves one child without a pair.
      const options = { ...settings, selection, crossover, populationSize: 31, mutationRate: 0.5 };
      let step = nextGeneration(options);
      expect(step.generation.births).toEqual([]);
      const seen = { crossed: 0, flipped: 0, copied: 0 };
      for (let generation = 1; generation <= 5; generation++) {
        const before = step.generation;
        step = nextGeneration(options, step.state);
        const { births, genomes, evaluations } = step.generation;
        expect(births).toHaveLength(31);
        expect(evaluations - before.evaluations).toBe(births.filter(({ isEvaluated }) => isEvaluated).length);
        births.forEach(({ parent, selected, partner, crossed, fromPartner, flipped, isEvaluated }, child) => {
          expect(selected).toBe(before.genomes[parent]!.bits);
          const mixed = [...selected].map((bit, place) =>
            fromPartner.includes(place) ? before.genomes[partner!]!.bits[place] : bit,
          );
          expect(crossed).toBe(mixed.join(''));
          const mutated = mixed.map((bit, place) => (flipped.includes(place) ? String(1 - Number(bit)) : bit));
          expect(genomes[child]!.bits).toBe(mutated.join(''));
          expect(genomes[child]!.fitness).toBe(mutated.filter((bit) => bit === '1').length);
          if (partner !== null) expect(births[child ^ 1]).toMatchObject({ parent: partner, partner: parent });
          if (!isEvaluated) expect({ partner, bits: mutated.join('') }).toEqual({ partner: null, bits: selected });
          seen.crossed += fromPartner.length;
          seen.flipped += flipped.length;
          seen.copied += isEvaluated ? 0 : 1;
        });
      }
      expect(seen.crossed > 0).toBe(crossover !== 'none');
      expect(seen.flipped).toBeGreaterThan(0);
      expect(seen.copied).toBeGreaterThan(0);
    },
  );

  it('runs until a genome is all ones, or a generation is reached, or it is stopped', async () => {
    const { state } = nextGeneration(settings);
    const steps: OneMaxStep[] = [];
    const { signal } = new AbortController();
    const onProgress = (step: OneMaxStep) => void steps.push(step);
    const run = { settings, state, generations: 500, pause: 0 };
    expect(await runToSolution(run, { signal, onProgress })).toEqual({ stoppedBy: 'solved' });
    expect(steps.at(-1)!.generation).toMatchObject({ isSolved: true, best: 32, generation: steps.length });
    expect(steps.slice(0, -1).some(({ generation }) => generation.isSolved)).toBe(false);

    expect(await runToSolution({ ...run, generations: 2 }, { signal, onProgress: () => {} })).toEqual({
      stoppedBy: 'generations',
    });

    const stopping = new AbortController();
    const stopped = runToSolution(
      { ...run, pause: 60_000 },
      { signal: stopping.signal, onProgress: () => expect.unreachable() },
    );
    stopping.abort();
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
  });
});
