import { checker, createRandom } from '@cnnviz/internal';
import { PROBABILITY } from '../genomes/genes.ts';
import { drawCuts, exchangeSlice } from '../operators/crossover/two-point-crossover.ts';
import { bitFlipMutation } from '../operators/mutation/bit-flip-mutation.ts';
import { rouletteSelection } from '../operators/selection/roulette-selection.ts';
import { byFitness } from '../operators/selection/selection.ts';
import { type Scaling, selectionWeights } from '../operators/selection/selection-weights.ts';
import { tournamentSelection } from '../operators/selection/tournament-selection.ts';

export interface OneMaxOptions {
  /** A whole number >= 0. */
  seed: number;
  /** Bits in a string. Default: 20, at which plain roulette selection finds the optimum. */
  length?: number;
  /** Strings in a generation. Default: 100. */
  populationSize?: number;
  /** At most. Default: 300. */
  generations?: number;
  /** Default: `roulette`. */
  selection?: 'roulette' | 'tournament';
  /** For `roulette`. Default: `none`. */
  scaling?: Scaling;
  /** For `tournament`. Default: 3. */
  tournamentSize?: number;
  /** Probability that a pair is crossed. Default: 0.5. */
  crossoverRate?: number;
  /** Probability that a string mutates. Default: 0.2. */
  mutationRate?: number;
  /** Probability that a bit of a string under mutation flips. Default: 0.05. */
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
  /** Indices of the parents in their generation; one alone where the number of children is odd. */
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

const check = checker('@cnnviz/genetic', 'oneMax');
const RATES = { crossoverRate: 0.5, mutationRate: 0.2, flipRate: 0.05 };

/**
 * The textbook's first genetic algorithm, step by step: strings of bits, whose fitness is their number of ones, are
 * selected, crossed at two points and mutated until one is all ones. Every step is in the result, so that a page can
 * draw it.
 *
 * Roulette selection solves 20 bits in about 30 generations, and 100 bits practically never: near the optimum the best
 * string is only a tenth fitter than the average one, so that the wheel hardly prefers it, while mutation spoils it. Set
 * `elites: 1`, a `scaling`, or tournaments for longer strings.
 *
 * @returns Each generation with how the next one came about. The size is proportional to generations times strings.
 * @throws RangeError if the population is below 2, or a rate outside [0, 1].
 *
 * @example
 * import { oneMax } from '@cnnviz/genetic';
 *
 * const { generations, solvedIn } = oneMax({ length: 20, seed: 0 });
 * generations[0]?.strings[0]; // { bits: '0110…', fitness: 11, selectionProbability: 0.011 }
 * generations[0]?.pairs[0]; // { parents: [3, 8], cuts: { start: 4, end: 9 }, children: [{ bits, flipped }, …] }
 */
export function oneMax(options: OneMaxOptions): OneMaxRun {
  const { length, populationSize, generations, crossoverRate, mutationRate, flipRate, elites } = readOptions(options);
  const random = createRandom(check.seed('seed', options.seed));
  const run: OneMaxRun = { generations: [], solvedIn: null };
  let strings: Uint8Array[] = Array.from({ length: populationSize }, () =>
    Uint8Array.from({ length }, () => random.integer(2)),
  );

  for (let generation = 0; ; generation++) {
    const fitness = strings.map(countOnes);
    const described = describeGeneration(strings, fitness, options);
    run.generations.push(described);
    if (described.best === length) run.solvedIn = generation;
    if (run.solvedIn !== null || generation === generations) return run;

    const kept = [...byFitness(fitness, 'maximize').subarray(0, elites)];
    const parents = selectParents(fitness, populationSize - elites);
    const children = Array.from(parents, (parent) => strings[parent]!);
    const cuts = new Map<number, [start: number, end: number]>();
    for (let child = 0; child + 1 < children.length; child += 2) {
      if (random.uniform() >= crossoverRate) continue;
      const [start, end] = drawCuts(length, random);
      cuts.set(child, [start, end]);
      [children[child], children[child + 1]] = exchangeSlice(children[child]!, children[child + 1]!, start, end);
    }
    const mutated = children.map((child) =>
      random.uniform() < mutationRate ? bitFlipMutation(child, random, { rate: flipRate }) : child,
    );

    described.elites = kept;
    described.pairs = Array.from({ length: Math.ceil(mutated.length / 2) }, (_, pair) => {
      const members = [2 * pair, 2 * pair + 1].filter((child) => child < mutated.length);
      const [start, end] = cuts.get(2 * pair) ?? [];
      return {
        parents: members.map((child) => parents[child]!),
        cuts: start === undefined || end === undefined ? null : { start, end },
        children: members.map((child) => ({
          bits: mutated[child]!.join(''),
          flipped: placesThatDiffer(children[child]!, mutated[child]!),
        })),
      };
    });
    strings = [...kept.map((index) => strings[index]!), ...mutated];
  }

  function selectParents(fitness: number[], count: number): Int32Array {
    const { selection, scaling = 'none', tournamentSize = 3 } = options;
    return selection === 'tournament'
      ? tournamentSelection(fitness, count, random, { size: tournamentSize })
      : rouletteSelection(fitness, count, random, { scaling });
  }
}

function readOptions(options: OneMaxOptions) {
  const {
    length = 20,
    populationSize = 100,
    generations = 300,
    elites = 0,
    selection = 'roulette',
  } = check.options(options);
  check.number('length', length, { integer: true, min: 2 });
  check.number('populationSize', populationSize, { integer: true, min: 2 });
  check.number('generations', generations, { integer: true, min: 0 });
  check.number('elites', elites, { integer: true, min: 0, max: populationSize - 1 });
  check.number('tournamentSize', options.tournamentSize ?? 3, { integer: true, min: 1 });
  check.oneOf('selection', selection, ['roulette', 'tournament']);
  const rates = {
    crossoverRate: options.crossoverRate ?? RATES.crossoverRate,
    mutationRate: options.mutationRate ?? RATES.mutationRate,
    flipRate: options.flipRate ?? RATES.flipRate,
  };
  for (const [name, rate] of Object.entries(rates)) check.number(name, rate, PROBABILITY);
  return { length, populationSize, generations, elites, ...rates };
}

function describeGeneration(strings: Uint8Array[], fitness: number[], options: OneMaxOptions): OneMaxGeneration {
  const probabilities = selectionProbabilities(fitness, options);
  return {
    strings: strings.map((bits, index) => ({
      bits: bits.join(''),
      fitness: fitness[index]!,
      selectionProbability: probabilities[index]!,
    })),
    best: fitness.reduce((best, value) => Math.max(best, value), 0),
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

function countOnes(bits: Uint8Array): number {
  return bits.reduce((sum, bit) => sum + bit, 0);
}

function placesThatDiffer(before: Uint8Array, after: Uint8Array): number[] {
  return Array.from(before.keys()).filter((place) => before[place] !== after[place]);
}
