import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { bitEncoding } from '../encodings/bit-encoding.ts';
import {
  rankSelection,
  realEncoding,
  rouletteSelection,
  type Selection,
  stochasticUniversalSampling,
  tournamentSelection,
  truncationSelection,
} from '../index.ts';
import { type EvolveOptions, type EvolveProgress, evolve } from './evolve.ts';

const ones = (bits: Uint8Array) => bits.reduce((sum, bit) => sum + bit, 0);
const base = { encoding: bitEncoding({ length: 30 }), populationSize: 40, generations: 12, seed: 2 };
const run = (options: Partial<EvolveOptions<Uint8Array>> = {}) => evolve({ ...base, fitness: ones, ...options });

describe('evolve', () => {
  it('gives the same for fitness at once, as promises, and of many at a time', async () => {
    const atOnce = await run();
    expect(await run({ fitness: async (bits) => ones(bits) })).toEqual(atOnce);
    const batched = { ...base, batchFitness: (genomes: readonly Uint8Array[]) => genomes.map(ones) };
    expect(await evolve(batched)).toEqual(atOnce);
    expect(await evolve({ ...base, batchFitness: async (genomes) => Float64Array.from(genomes, ones) })).toEqual(
      atOnce,
    );
    // As Node's own promises are in Jest, whose tests run in a realm of their own.
    const ofAnotherRealm: (values: number[]) => Promise<number[]> = runInNewContext('async (values) => values');
    expect(await evolve({ ...base, batchFitness: (genomes) => ofAnotherRealm(genomes.map(ones)) })).toEqual(atOnce);
  });

  it('waits for promises of another realm', async () => {
    const batchFitness = runInNewContext('async (genomes) => genomes.map((bits) => bits.reduce((a, b) => a + b, 0))');
    expect(await evolve({ ...base, batchFitness })).toEqual(await run());
  });

  it('stops at the number of generations, the wanted fitness or the end of patience, and says which', async () => {
    const full = await run();
    expect(full.stoppedBy).toBe('generations');
    expect(full.history.map(({ generation }) => generation)).toEqual(Array.from({ length: 13 }, (_, index) => index));

    const hit = await run({ stopAt: 26, generations: 1000 });
    expect(hit.stoppedBy).toBe('stopAt');
    expect(hit.history.at(-1)!.best).toBeGreaterThanOrEqual(26);
    expect(hit.history.at(-2)!.best).toBeLessThan(26);

    const flat = await run({ fitness: () => 1, patience: 4 });
    expect(flat.stoppedBy).toBe('patience');
    expect(flat.history.at(-1)!.generation).toBe(4);

    const low = await run({ goal: 'minimize', stopAt: 8, generations: 1000 });
    expect(low.stoppedBy).toBe('stopAt');
    expect(low.best.fitness).toBeLessThanOrEqual(8);
  });

  it('resumes from a state as if it had not stopped', async () => {
    const unbroken = await run();
    const first = await run({ generations: 5 });
    const second = await run({ resume: JSON.parse(JSON.stringify(first.state)) });
    expect(second.state).toEqual(unbroken.state);
    expect(second.population).toEqual(unbroken.population);
    expect([...first.history, ...second.history]).toEqual(unbroken.history);
    expect((await run({ resume: unbroken.state })).history).toEqual([]);
  });

  it('resumes from the state of the progress that it was aborted at', async () => {
    const unbroken = await run();
    const controller = new AbortController();
    const reason = new Error('enough');
    let last: EvolveProgress<Uint8Array> | undefined;
    const aborted = run({
      signal: controller.signal,
      onProgress: (progress) => {
        last = progress;
        if (progress.generation === 6) controller.abort(reason);
      },
    });
    await expect(aborted).rejects.toBe(reason);
    expect(last!.generation).toBe(6);
    expect((await run({ resume: last!.state() })).state).toEqual(unbroken.state);
  });

  it('rejects at once where the signal is aborted already, without evaluating', async () => {
    let evaluations = 0;
    const fitness = () => evaluations++;
    await expect(run({ fitness, signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no');
    expect(evaluations).toBe(0);
  });

  it('awaits progress and passes its error on', async () => {
    await expect(run({ onProgress: () => Promise.reject(new Error('disk full')) })).rejects.toThrow('disk full');
  });

  it('says which individual has no fitness', async () => {
    let count = 0;
    const fitness = () => (count++ === 45 ? Number.NaN : 1);
    await expect(run({ fitness })).rejects.toThrow(/fitness of individual 5 of \d+ in generation 1 must be a finite/);
    const short = evolve({ ...base, batchFitness: () => [1, 2] });
    await expect(short).rejects.toThrow('fitness must be 40 numbers, one for each genome that was asked, got 2');
  });

  it('needs one fitness function, and options in range', async () => {
    await expect(evolve(base)).rejects.toThrow('@cnnviz/genetic: evolve: set either fitness or batchFitness');
    await expect(run({ batchFitness: () => [] })).rejects.toThrow('set either fitness or batchFitness');
    await expect(run({ generations: -1 })).rejects.toThrow('generations must be an integer >= 0, got -1');
    await expect(run({ patience: 0 })).rejects.toThrow('patience');
  });

  it('refuses an operator as a selection, which would take the goal for its options, and maximize', async () => {
    const operators = {
      tournamentSelection,
      truncationSelection,
      rankSelection,
      rouletteSelection,
      stochasticUniversalSampling,
    };
    for (const [name, selection] of Object.entries(operators)) {
      await expect(run({ goal: 'minimize', selection: selection as never })).rejects.toThrow(
        `@cnnviz/genetic: ${name}: options must be an object, such as { goal: 'minimize' }, got "minimize"`,
      );
    }
    const { best } = await run({
      goal: 'minimize',
      generations: 60,
      selection: (fitness, count, random, goal) => tournamentSelection(fitness, count, random, { goal }),
    });
    expect(best.fitness).toBeLessThan(5);
  });

  it('gives genomes into which fitness may write', async () => {
    const scribbling = (bits: Uint8Array) => {
      const fitness = ones(bits);
      bits.fill(1);
      return fitness;
    };
    expect(await run({ fitness: scribbling })).toEqual(await run());
    const scribblingOnAll = (genomes: readonly Uint8Array[]) => genomes.map(scribbling);
    expect(await evolve({ ...base, batchFitness: scribblingOnAll })).toEqual(await run());
  });

  it('gives a selection fitness that it may sort', async () => {
    const lists: number[][] = [];
    const sorting: Selection = (fitness, count) => {
      lists.push([...Array.from(fitness)]);
      (fitness as Float64Array).fill(0);
      return Int32Array.from({ length: count }, (_, index) => index % fitness.length);
    };
    const { population } = await run({ selection: sorting, generations: 3 });
    for (const { genome, fitness } of population) expect(fitness).toBe(ones(genome));
    expect(lists.flat().some((fitness) => fitness !== 0)).toBe(true);
  });

  it('takes operators that work in place, as those of DEAP do', async () => {
    const inPlace = realEncoding({
      length: 4,
      bounds: [-1, 1],
      crossover: (first, second) => {
        [first[0], second[0]] = [second[0]!, first[0]!];
        return [first, second];
      },
      mutation: (genome, random) => {
        genome[random.integer(4)] = 2 * random.uniform() - 1;
        return genome;
      },
    });
    const sum = (genome: Float64Array) => genome.reduce((total, gene) => total + gene, 0);
    const { population, best } = await evolve({
      encoding: inPlace,
      fitness: sum,
      populationSize: 30,
      generations: 25,
      elites: 2,
      crossoverRate: 0.9,
      mutationRate: 0.5,
      seed: 4,
    });
    for (const { genome, fitness } of population) expect(fitness).toBe(sum(genome));
    expect(best.fitness).toBe(sum(best.genome));
  });

  it.each<[string, unknown, string]>([
    ['text', () => '10', 'must be a finite number, got "10"'],
    ['a list', () => [4], 'must be a finite number, got [4]'],
    ['nothing', () => {}, 'must be a finite number, got undefined'],
    ['a promise of text', async () => '10', 'must be a finite number, got "10"'],
    ['NaN', () => Number.NaN, 'must be a finite number, got NaN'],
  ])('says what a fitness is that is %s', async (_, fitness, message) => {
    await expect(run({ fitness: fitness as never })).rejects.toThrow(
      `@cnnviz/genetic: GeneticAlgorithm.tell: fitness of individual 0 of 40 in generation 0 ${message}`,
    );
  });

  it('says what children are that are no genomes of their kind, or outside their bounds', async () => {
    const reals = { length: 2, bounds: [0, 1] as const };
    const evolving = (part: Partial<Parameters<typeof realEncoding>[0]>) =>
      evolve({
        encoding: realEncoding({ ...reals, ...part }),
        fitness: () => 1,
        populationSize: 10,
        generations: 9,
        mutationRate: 1,
        crossoverRate: 1,
        seed: 0,
      });
    await expect(evolving({ mutation: (genome) => genome.map((gene) => gene - 2) })).rejects.toThrow(
      /what mutation returns\[0\] must be within \[0, 1\], got -/,
    );
    await expect(evolving({ mutation: (() => {}) as never })).rejects.toThrow(
      'what mutation returns must be a Float64Array of 2 genes, got undefined',
    );
    await expect(evolving({ crossover: (first) => first as never })).rejects.toThrow(
      'what crossover returns must be two genomes, got Float64Array',
    );
    await expect(evolving({ crossover: (first) => [first, first.map(() => Number.NaN)] })).rejects.toThrow(
      'what crossover returns[0] must be within [0, 1], got NaN',
    );
  });
});
