import { createRandom } from '@cnnviz/internal';
import { describe, expect, it } from 'vitest';
import { bitEncoding } from '../encodings/bit-encoding.ts';
import type { Encoding } from '../encodings/encoding.ts';
import { realEncoding } from '../encodings/real-encoding.ts';
import { GeneticAlgorithm } from './genetic-algorithm.ts';
import type { GeneticAlgorithmOptions } from './genetic-algorithm-options.ts';
import type { GeneticAlgorithmState } from './genetic-algorithm-state.ts';

const ones = (bits: Uint8Array) => bits.reduce((sum, bit) => sum + bit, 0);
const encoding = bitEncoding({ length: 30, flipRate: 0.05 });
const start = (options: Partial<GeneticAlgorithmOptions<Uint8Array>> = {}) =>
  new GeneticAlgorithm({ encoding, populationSize: 20, seed: 3, ...options });

function advance<G>(algorithm: GeneticAlgorithm<G>, generations: number, fitness: (genome: G) => number): void {
  for (let generation = 0; generation < generations; generation++) algorithm.tell(algorithm.ask().map(fitness));
}

const json = (state: GeneticAlgorithmState): GeneticAlgorithmState => JSON.parse(JSON.stringify(state));

describe('GeneticAlgorithm', () => {
  it('asks for the whole population first, then only for children that are not copies', () => {
    const algorithm = start({ crossoverRate: 0, mutationRate: 0.5 });
    expect(algorithm.ask()).toHaveLength(20);
    advance(algorithm, 1, ones);
    const before = new Set(algorithm.population.map(({ genome }) => genome));
    const asked = algorithm.ask();
    expect(asked.length).toBeGreaterThan(2);
    expect(asked.length).toBeLessThan(20);
    for (const genome of asked) expect(before.has(genome)).toBe(false);
    advance(algorithm, 1, ones);
    expect(algorithm.statistics().evaluations).toBe(20 + asked.length);
    for (const { genome, fitness } of algorithm.population) expect(fitness).toBe(ones(genome));
  });

  it('asks for the same genomes until they are told', () => {
    const algorithm = start();
    expect(algorithm.ask()).toEqual(algorithm.ask());
  });

  it('copies parents where nothing is crossed or mutated', () => {
    const algorithm = start({ crossoverRate: 0, mutationRate: 0 });
    advance(algorithm, 1, ones);
    expect(algorithm.ask()).toHaveLength(0);
    algorithm.tell([]);
    expect(algorithm.generation).toBe(1);
    expect(algorithm.population).toHaveLength(20);
  });

  it('keeps the elites, so that the best never gets worse', () => {
    const algorithm = start({ elites: 2, mutationRate: 1 });
    let best = 0;
    for (let generation = 0; generation < 40; generation++) {
      advance(algorithm, 1, ones);
      expect(algorithm.statistics().best).toBeGreaterThanOrEqual(best);
      best = algorithm.statistics().best;
    }
    expect(algorithm.population).toHaveLength(20);
  });

  it('replaces the two worst a generation in steady state', () => {
    const algorithm = start({ replacement: 'steady-state', crossoverRate: 1 });
    advance(algorithm, 1, ones);
    const before = algorithm.population.sort((a, b) => b.fitness - a.fitness);
    expect(algorithm.ask()).toHaveLength(2);
    advance(algorithm, 1, ones);
    const after = new Set(algorithm.population.map(({ genome }) => genome));
    expect(before.slice(0, 18).every(({ genome }) => after.has(genome))).toBe(true);
    expect(before.slice(18).some(({ genome }) => after.has(genome))).toBe(false);
    expect(algorithm.population).toHaveLength(20);
  });

  it('minimizes where that is the goal', () => {
    const reals = realEncoding({ length: 3, bounds: [-5, 5] });
    const algorithm = new GeneticAlgorithm({
      encoding: reals,
      populationSize: 60,
      goal: 'minimize',
      elites: 1,
      mutationRate: 1,
      seed: 1,
    });
    const sphere = (genome: Float64Array) => genome.reduce((sum, gene) => sum + (gene - 1) ** 2, 0);
    advance(algorithm, 60, sphere);
    expect(algorithm.best!.fitness).toBeLessThan(1e-3);
    const { best, mean, worst } = algorithm.statistics();
    expect(best).toBeLessThan(mean);
    expect(mean).toBeLessThan(worst);
  });

  it('remembers the best of all generations, also when the population has lost it', () => {
    const algorithm = start({ mutationRate: 1, populationSize: 4 });
    let highest = 0;
    for (let generation = 0; generation < 50; generation++) {
      advance(algorithm, 1, ones);
      highest = Math.max(highest, algorithm.statistics().best);
      expect(algorithm.best!.fitness).toBe(highest);
      expect(ones(algorithm.best!.genome)).toBe(highest);
    }
  });

  it('gives the same run for the same seed and another for another', () => {
    const runs = [0, 0, 1].map((seed) => {
      const algorithm = start({ seed });
      advance(algorithm, 5, ones);
      return algorithm.state();
    });
    expect(runs[0]).toEqual(runs[1]);
    expect(runs[0]!.population).not.toEqual(runs[2]!.population);
  });

  it('resumes from a state as if it had not stopped, between generations and within one', () => {
    for (const options of [{}, { elites: 3 }, { speciation: { threshold: 0.3 } }]) {
      const unbroken = start(options);
      advance(unbroken, 9, ones);

      const broken = start(options);
      advance(broken, 4, ones);
      const between = start({ ...options, seed: 99, resume: json(broken.state()) });
      advance(between, 2, ones);
      between.ask();
      const within = start({ ...options, resume: json(between.state()) });
      expect(within.ask()).toEqual(between.ask());
      advance(within, 3, ones);
      expect(within.state()).toEqual(unbroken.state());
      expect(within.statistics()).toEqual(unbroken.statistics());
    }
  });

  it('has a state before the first generation', () => {
    const fresh = start({ resume: json(start().state()) });
    expect(fresh.ask()).toEqual(start().ask());
    const asked = start();
    asked.ask();
    expect(start({ resume: json(asked.state()) }).ask()).toEqual(asked.ask());
  });

  it('keeps a state of one size however long it runs', () => {
    const algorithm = start();
    advance(algorithm, 20, ones);
    const early = JSON.stringify(algorithm.state()).length;
    advance(algorithm, 300, ones);
    expect(JSON.stringify(algorithm.state()).length).toBeLessThan(early + 200);
  });

  it('keeps a population on each of two hills where species protect the lower one', () => {
    const hills = ([x]: Float64Array) => Math.max(Math.exp(-((x! - 4) ** 2)), 0.8 * Math.exp(-((x! + 4) ** 2)));
    const onLowerHill = (options: Partial<GeneticAlgorithmOptions<Float64Array>>) => {
      const reals = realEncoding({ length: 1, bounds: [-5, 5] });
      const algorithm = new GeneticAlgorithm({ encoding: reals, populationSize: 60, seed: 1, ...options });
      advance(algorithm, 60, hills);
      return algorithm.population.filter(({ genome }) => genome[0]! < -3).length;
    };
    expect(onLowerHill({ speciation: { threshold: 4 } })).toBeGreaterThan(10);
    expect(onLowerHill({})).toBe(0);
  });

  it.each([
    [{ populationSize: 1 }, 'populationSize must be an integer >= 2, got 1'],
    [{ crossoverRate: 1.5 }, 'crossoverRate must be a number >= 0 and <= 1, got 1.5'],
    [{ mutationRate: -0.1 }, 'mutationRate must be a number >= 0 and <= 1, got -0.1'],
    [{ elites: 20 }, 'elites must be an integer >= 0 and <= 19, got 20'],
    [{ replacement: 'both' as 'generational' }, 'replacement must be one of'],
    [{ goal: 'best' as 'maximize' }, 'goal must be one of'],
    [{ seed: -1 }, 'seed must be an integer >= 0'],
    [{ speciation: { threshold: 0 } }, 'speciation.threshold must be a number > 0'],
    [{ elites: 1, speciation: { threshold: 1 } }, 'children per generation must be even for speciation, got 19'],
  ])('throws on %o', (options, message) => {
    expect(() => start(options)).toThrow(`@cnnviz/genetic: GeneticAlgorithm: ${message}`);
  });

  it('says which individual has no fitness, and is as before', () => {
    const algorithm = start();
    const asked = algorithm.ask();
    const before = algorithm.state();
    const fitness = asked.map(ones);
    expect(() => algorithm.tell(fitness.map((value, index) => (index === 7 ? Number.NaN : value)))).toThrow(
      '@cnnviz/genetic: GeneticAlgorithm.tell: fitness of individual 7 of 20 in generation 0 must be a finite number, got NaN',
    );
    expect(() => algorithm.tell(fitness.slice(1))).toThrow(
      'fitness must be 20 numbers, one for each genome that was asked, got 19',
    );
    expect(algorithm.state()).toEqual(before);
    algorithm.tell(fitness);
    expect(algorithm.generation).toBe(0);
  });

  it('throws when told before it asked, and when it has no statistics yet', () => {
    expect(() => start().tell([])).toThrow('GeneticAlgorithm.tell: nothing was asked: call ask() first');
    expect(() => start().statistics()).toThrow('there is no generation yet');
  });

  it('says when a selection gives indices that are none', () => {
    const algorithm = start({ selection: (_, count) => new Int32Array(count).fill(99) });
    advance(algorithm, 1, ones);
    expect(() => algorithm.ask()).toThrow('selection must be a function to 20 indices below 20');
  });

  it('says when genomes differ in length, and is as before', () => {
    let made = 0;
    const uneven = { ...encoding, create: () => new Uint8Array(made++ === 4 ? 29 : 30) };
    for (const options of [{}, { speciation: { threshold: 0.3 } }]) {
      made = 0;
      const algorithm = start({ encoding: uneven, crossoverRate: 1, ...options });
      // The shorter one is the fittest, and has mates.
      advance(algorithm, 1, (bits) => 30 - bits.length);
      const before = algorithm.state();
      expect(() => algorithm.ask()).toThrow(
        /twoPointCrossover: parents must have as many genes, got (29 and 30|30 and 29)/,
      );
      expect(algorithm.state()).toEqual(before);
    }
  });

  it('refuses a state that is corrupt or of other options', () => {
    const algorithm = start();
    advance(algorithm, 2, ones);
    const good = json(algorithm.state());
    const refused: [object, string][] = [
      [{}, 'cannot resume from this state: it is of no known kind; expected GeneticAlgorithm, version 1'],
      [{ ...good, kind: 'MapElites' }, 'it is of MapElites, version 1; expected GeneticAlgorithm, version 1'],
      [{ ...good, version: 2 }, 'it is of GeneticAlgorithm, version 2; expected GeneticAlgorithm, version 1'],
      [{ ...good, encoding: 'bits(31)' }, 'its genomes are bits(31), but those of the encoding are bits(30)'],
      [{ ...good, population: good.population.slice(1) }, 'it has 19 individuals, but the option populationSize is 20'],
      [{ ...good, generation: -1 }, 'its generation is -1'],
      [{ ...good, random: { ...good.random, words: [1] } }, 'the state of a Random'],
      [
        { ...good, population: good.population.map((individual) => ({ ...individual, fitness: null })) },
        'the fitness of its individual 0 is null',
      ],
      [
        { ...good, population: good.population.map((individual) => ({ ...individual, genome: '01' })) },
        'a saved genome must be 30 zeros and ones',
      ],
    ];
    for (const [state, message] of refused) {
      expect(() => start({ resume: state as GeneticAlgorithmState })).toThrow(message);
    }
  });

  it('draws parents with the random numbers that it was seeded with', () => {
    const seen: number[] = [];
    const algorithm = start({
      seed: 5,
      selection: (fitness, count, random) => {
        seen.push(random.uniform());
        return Int32Array.from({ length: count }, (_, index) => index % fitness.length);
      },
    });
    advance(algorithm, 2, ones);
    const random = createRandom(5);
    for (let bit = 0; bit < 20 * 30; bit++) random.integer(2);
    expect(seen[0]).toBe(random.uniform());
  });

  it('resumes with the same options only, and says which is another', () => {
    const first = start({ goal: 'minimize', elites: 2 });
    advance(first, 3, ones);
    const state = json(first.state());
    const resumed = start({ goal: 'minimize', elites: 2, resume: state });
    advance(resumed, 3, ones);
    advance(first, 3, ones);
    expect(json(resumed.state())).toEqual(json(first.state()));
    const own = { goal: 'minimize', elites: 2, resume: state } as const;
    const other = bitEncoding({ length: 30, flipRate: 0.5 });
    for (const [options, message] of [
      [{ goal: 'maximize' }, 'it was saved with goal "minimize", but the option is "maximize"'],
      [{ mutationRate: 0.9 }, 'it was saved with mutationRate 0.2, but the option is 0.9'],
      [{ crossoverRate: 0 }, 'it was saved with crossoverRate 0.5, but the option is 0'],
      [{ elites: 4 }, 'it was saved with elites 2, but the option is 4'],
      [{ encoding: other }, 'it was saved with encoding.flipRate 0.05, but the option is 0.5'],
      [{ replacement: 'steady-state' }, 'it was saved with replacement "generational"'],
    ] as const) {
      expect(() => start({ ...own, ...options })).toThrow(message);
    }
    const { options: _, ...older } = state;
    expect(() => start({ ...own, resume: older as never })).toThrow('does not say with which options it was saved');
  });

  it('leaves its best and its population alone, whatever is written into what it gave', () => {
    const [algorithm, untouched] = [start(), start()];
    for (let generation = 0; generation < 8; generation++) {
      const asked = algorithm.ask();
      const fitness = asked.map(ones);
      for (const genome of asked) genome.fill(7);
      algorithm.tell(fitness);
      algorithm.best!.genome.fill(7);
      untouched.tell(untouched.ask().map(ones));
    }
    expect(json(algorithm.state())).toEqual(json(untouched.state()));
  });

  it('copies genomes of lists and objects, too', () => {
    const tree: Encoding<{ parts: number[][] }> = {
      name: 'trees',
      create: ({ random }) => ({ parts: [[random.uniform()], [random.uniform()]] }),
      cross: (first, second) => [second, first],
      mutate: (genome) => {
        genome.parts[0]![0]! += 1;
        return genome;
      },
      diversity: () => 0,
      save: (genome) => genome,
      load: (saved) => saved as { parts: number[][] },
    };
    const sum = ({ parts }: { parts: number[][] }) => parts.flat().reduce((total, value) => total + value, 0);
    const algorithm = new GeneticAlgorithm({ encoding: tree, populationSize: 6, seed: 0 });
    for (let generation = 0; generation < 10; generation++) {
      const asked = algorithm.ask();
      const fitness = asked.map(sum);
      for (const { parts } of asked) parts[1]!.length = 0;
      algorithm.tell(fitness);
    }
    for (const { genome, fitness } of algorithm.population) expect(sum(genome)).toBe(fitness);
  });
});
