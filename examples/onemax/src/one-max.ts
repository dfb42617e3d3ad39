import {
  GeneticAlgorithm,
  type Individual,
  rouletteSelection,
  type Scaling,
  type Selection,
  selectionWeights,
  tournamentSelection,
} from '@cnnviz/genetic';
import { type Birth, birthsOf, countOnes, type TracedBits, tracedBitEncoding } from './traced-bits.ts';

export interface OneMaxOptions {
  /** A whole number >= 0. Default: 0. */
  seed?: number;
  /** Bits per string. Default: 20, where plain roulette selection finds the optimum. */
  length?: number;
  /** Strings per generation. Default: 100. */
  populationSize?: number;
  /** Most generations after the initial one. Default: 300. */
  generations?: number;
  /** Default: `roulette`. */
  selection?: 'roulette' | 'tournament';
  /** How fitness becomes a share of the roulette wheel. Default: `none`. */
  scaling?: Scaling;
  /** Strings per tournament. Default: 3. */
  tournamentSize?: number;
  /** Probability that a pair is crossed. Default: 0.5. */
  crossoverRate?: number;
  /** Probability that a string mutates. Default: 0.2. */
  mutationRate?: number;
  /** Probability that a bit of a mutating string flips. Default: 0.05. */
  flipRate?: number;
  /** How many of the best survive unchanged. Default: 0. */
  elites?: number;
}

export interface OneMaxString {
  /** Such as `0110`. */
  bits: string;
  /** Number of ones. */
  fitness: number;
  /** Probability that one draw selects it as a parent. */
  selectionProbability: number;
}

export interface OneMaxPair {
  /** Indices of the parents in their generation; a single one where the number of children is odd. */
  parents: number[];
  /** The children exchanged the bits from `start` up to `end`; null where the pair was copied. */
  cuts: { start: number; end: number } | null;
  /** After crossover and mutation. */
  children: { bits: string /** Places of the bits that flipped. */; flipped: number[] }[];
}

export interface OneMaxGeneration {
  strings: OneMaxString[];
  best: number;
  mean: number;
  /** Indices of the strings that survive unchanged; they come first in the next generation. */
  elites: number[];
  /** How the next generation came about; empty in the last. */
  pairs: OneMaxPair[];
}

export interface OneMaxRun {
  generations: OneMaxGeneration[];
  /** The first generation with a string of ones only; null where there is none. */
  solvedIn: number | null;
}

/**
 * Runs the textbook's first genetic algorithm and records every step, so that a page can draw it: strings of bits, whose
 * fitness is their number of ones, are selected, crossed at two points and mutated until one is all ones.
 *
 * Roulette selection solves 20 bits in about 30 generations, and 100 bits practically never: near the optimum the best
 * string is only a tenth fitter than the average one, so that the wheel hardly prefers it, while mutation spoils it. Use
 * `elites: 1`, a `scaling`, or tournaments for longer strings.
 *
 * @returns Each generation, and how the next one came about; plain data, proportional to generations times strings.
 * @throws RangeError if an option is outside its range.
 */
export function oneMax(options: OneMaxOptions = {}): OneMaxRun {
  const { length = 20, generations = 300, elites = 0, selection = 'roulette' } = options;
  requireRange({ generations, selection });
  const select = selectionOf(options);
  let parents: Int32Array = new Int32Array(0);
  const algorithm = new GeneticAlgorithm<TracedBits>({
    encoding: tracedBitEncoding({ length, flipRate: options.flipRate }),
    populationSize: options.populationSize ?? 100,
    seed: options.seed ?? 0,
    elites,
    crossoverRate: options.crossoverRate ?? 0.5,
    mutationRate: options.mutationRate ?? 0.2,
    selection: (...drawn) => {
      parents = select(...drawn);
      return parents;
    },
  });
  const run: OneMaxRun = { generations: [], solvedIn: null };
  for (let before: Individual<TracedBits>[] = []; ; before = algorithm.population) {
    algorithm.tell(algorithm.ask().map(countOnes));
    const { population, generation } = algorithm;
    const previous = run.generations.at(-1);
    if (previous !== undefined) {
      const children = population.slice(elites);
      previous.elites = fittest(before, elites);
      previous.pairs = pairsOf(birthsOf(generation, parents, genomesOf(before), genomesOf(children)), children);
    }
    const described = describeGeneration(population, options);
    run.generations.push(described);
    if (described.best === length) run.solvedIn = generation;
    if (run.solvedIn !== null || generation >= generations) return run;
  }
}

function requireRange({ generations, selection }: { generations: number; selection: string }): void {
  if (!Number.isInteger(generations) || generations < 0) {
    throw new RangeError(`generations must be an integer >= 0, got ${generations}`);
  }
  if (selection !== 'roulette' && selection !== 'tournament') {
    throw new RangeError(`selection must be one of "roulette", "tournament", got ${JSON.stringify(selection)}`);
  }
}

function selectionOf({ selection, scaling = 'none', tournamentSize = 3 }: OneMaxOptions): Selection {
  return (fitness, count, random) =>
    selection === 'tournament'
      ? tournamentSelection(fitness, count, random, { size: tournamentSize })
      : rouletteSelection(fitness, count, random, { scaling });
}

const genomesOf = (population: readonly Individual<TracedBits>[]) => population.map(({ genome }) => genome);

/** Indices of the best, the first of equals first, as `GeneticAlgorithm` keeps them. */
function fittest(population: readonly Individual<TracedBits>[], count: number): number[] {
  const order = [...population.keys()].sort((a, b) => population[b]!.fitness - population[a]!.fitness || a - b);
  return order.slice(0, count);
}

/** Consecutive children are a pair; the last one is alone where their number is odd. */
function pairsOf(births: readonly Birth[], children: readonly Individual<TracedBits>[]): OneMaxPair[] {
  return Array.from({ length: Math.ceil(births.length / 2) }, (_, pair) => {
    const members = births.slice(2 * pair, 2 * pair + 2);
    const exchanged = members[0]!.fromPartner;
    return {
      parents: members.map(({ parent }) => parent),
      cuts: exchanged.length === 0 ? null : { start: exchanged[0]!, end: exchanged.at(-1)! + 1 },
      children: members.map(({ flipped }, member) => ({
        bits: children[2 * pair + member]!.genome.bits.join(''),
        flipped,
      })),
    };
  });
}

function describeGeneration(population: readonly Individual<TracedBits>[], options: OneMaxOptions): OneMaxGeneration {
  const fitness = population.map((individual) => individual.fitness);
  const probabilities = selectionProbabilities(fitness, options);
  return {
    strings: population.map(({ genome }, index) => ({
      bits: genome.bits.join(''),
      fitness: fitness[index]!,
      selectionProbability: probabilities[index]!,
    })),
    best: Math.max(...fitness),
    mean: fitness.reduce((sum, value) => sum + value, 0) / fitness.length,
    elites: [],
    pairs: [],
  };
}

function selectionProbabilities(fitness: number[], options: OneMaxOptions): number[] {
  const { selection, scaling = 'none', tournamentSize = 3 } = options;
  if (selection === 'tournament') {
    // The best of k draws is at most the i-th of n with probability (i / n)^k; equals share theirs.
    const atMost = (count: number) => (count / fitness.length) ** tournamentSize;
    return fitness.map((own) => {
      const worse = fitness.filter((other) => other < own).length;
      const equal = fitness.filter((other) => other === own).length;
      return (atMost(worse + equal) - atMost(worse)) / equal;
    });
  }
  const weights = selectionWeights(fitness, { scaling });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return Array.from(weights, (weight) => weight / total);
}
