import {
  bitEncoding,
  type Encoding,
  GeneticAlgorithm,
  type GeneticAlgorithmState,
  onePointCrossover,
  type Random,
  rankSelection,
  rouletteSelection,
  type Selection,
  stochasticUniversalSampling,
  tournamentSelection,
  truncationSelection,
  twoPointCrossover,
  uniformCrossover,
} from '@cnnviz/genetic';
import { job, quick, type Work } from './jobs.ts';

const selections = {
  tournament: (fitness, count, random) => tournamentSelection(fitness, count, random, { size: 3 }),
  roulette: (fitness, count, random) => rouletteSelection(fitness, count, random),
  universal: (fitness, count, random) => stochasticUniversalSampling(fitness, count, random),
  rank: (fitness, count, random) => rankSelection(fitness, count, random),
  truncation: (fitness, count, random) => truncationSelection(fitness, count, random),
} as const satisfies Record<string, Selection>;

const crossovers = {
  'two-point': twoPointCrossover,
  'one-point': onePointCrossover,
  uniform: (first: Uint8Array, second: Uint8Array, random: Random) => uniformCrossover(first, second, random),
  none: undefined,
};

export type SelectionName = keyof typeof selections;
export type CrossoverName = keyof typeof crossovers;

export interface OneMaxSettings {
  seed: number;
  /** Bits in a genome. */
  length: number;
  populationSize: number;
  selection: SelectionName;
  /** Half of the pairs are crossed, unless it is `none`. */
  crossover: CrossoverName;
  /** Probability that a child mutates. */
  mutationRate: number;
}

/** Probability that a bit of a child under mutation flips. DEAP's OneMax has it. */
const FLIP_RATE = 0.05;
const CROSSOVER_RATE = 0.5;

/** How a genome came about. Genomes are strings of 0 and 1. */
export interface Birth {
  /** Index in the generation before. */
  parent: number;
  /** The parent's. */
  selected: string;
  /** The parent of the other genome of its pair, if the two were crossed. */
  partner: number | null;
  /** Genome after crossover. */
  crossed: string;
  /** Places whose bit is the partner's. */
  fromPartner: number[];
  /** Places whose bit mutation flipped. */
  flipped: number[];
  /** Whether its fitness had to be counted: that of a copy is known. */
  isEvaluated: boolean;
}

export interface OneMaxGeneration {
  /** 0 is the random one. */
  generation: number;
  /** Genomes evaluated so far. */
  evaluations: number;
  genomes: { bits: string; fitness: number }[];
  /** Of each genome; none in generation 0. */
  births: Birth[];
  best: number;
  mean: number;
  worst: number;
  /** Whether a genome is all ones. */
  isSolved: boolean;
}

export interface OneMaxStep {
  generation: OneMaxGeneration;
  /** What the next step goes on from; plain JSON. */
  state: GeneticAlgorithmState;
}

export interface OneMaxRunOptions {
  settings: OneMaxSettings;
  /** Goes on from there. */
  state: GeneticAlgorithmState;
  /** The last generation. */
  generations: number;
  /** Milliseconds that each generation is to be seen. */
  pause: number;
}

export const oneMax = {
  /** The random generation, or with a state the next. */
  step: quick(async ({ settings, state }: { settings: OneMaxSettings; state?: GeneticAlgorithmState }) =>
    nextGeneration(settings, state),
  ),
  /** Steps until it is solved. */
  run: job(runToSolution),
};

/** One generation of the genetic algorithm, and where each genome comes from. */
export function nextGeneration(settings: OneMaxSettings, state?: GeneticAlgorithmState): OneMaxStep {
  const { length, populationSize, mutationRate, seed } = settings;
  let parents: ArrayLike<number> = [];
  const algorithm = new GeneticAlgorithm<TracedBits>({
    encoding: tracedBitEncoding(length, crossovers[settings.crossover]),
    populationSize,
    seed,
    selection: (fitness, count, random) => {
      const chosen = selections[settings.selection](fitness, count, random);
      parents = chosen;
      return chosen;
    },
    crossoverRate: settings.crossover === 'none' ? 0 : CROSSOVER_RATE,
    mutationRate,
    ...(state === undefined ? {} : { state }),
  });
  const before = algorithm.population;
  const asked = algorithm.ask();
  algorithm.tell(asked.map(({ bits }) => countOnes(bits)));
  const { population } = algorithm;
  const births = Array.from(parents, (parent, child): Birth => {
    const { genome } = population[child]!;
    const crossed = genome.beforeMutation ?? genome.bits;
    return {
      parent,
      selected: before[parent]!.genome.bits.join(''),
      partner: genome.fromPartner === undefined ? null : parents[child ^ 1]!,
      crossed: crossed.join(''),
      fromPartner: placesWhere(length, (place) => genome.fromPartner?.[place] === 1),
      flipped: placesWhere(length, (place) => crossed[place] !== genome.bits[place]),
      isEvaluated: genome.fromPartner !== undefined || genome.beforeMutation !== undefined,
    };
  });
  const { generation, evaluations, best, mean, worst } = algorithm.statistics();
  return {
    generation: {
      generation,
      evaluations,
      genomes: population.map(({ genome, fitness }) => ({ bits: genome.bits.join(''), fitness })),
      births,
      best,
      mean,
      worst,
      isSolved: best === length,
    },
    state: algorithm.state(),
  };
}

export async function runToSolution(
  { settings, state, generations, pause }: OneMaxRunOptions,
  { signal, onProgress }: Work<OneMaxStep>,
): Promise<{ stoppedBy: 'solved' | 'generations' }> {
  for (let reached = state; ; ) {
    const best = reached.best?.fitness;
    if (best === settings.length) return { stoppedBy: 'solved' };
    if (reached.generation >= generations) return { stoppedBy: 'generations' };
    await elapsed(pause, signal);
    const step = nextGeneration(settings, reached);
    await onProgress(step);
    reached = step.state;
  }
}

/** Bits that remember how they came about, for as long as they are not saved. */
interface TracedBits {
  bits: Uint8Array;
  /** 1 where a bit is that of the other parent. Undefined in a copy. */
  fromPartner?: Uint8Array;
  beforeMutation?: Uint8Array;
}

/** As `bitEncoding`, to the bit. */
function tracedBitEncoding(
  length: number,
  crossover: ((first: Uint8Array, second: Uint8Array, random: Random) => readonly [Uint8Array, Uint8Array]) | undefined,
): Encoding<TracedBits> {
  const plain = bitEncoding({ length, flipRate: FLIP_RATE, ...(crossover === undefined ? {} : { crossover }) });
  return {
    name: plain.name,
    create: (breeding) => ({ bits: plain.create(breeding) }),
    cross(first, second, breeding) {
      // Crossover moves genes and does not look at them: a second bit in each says whose it is.
      const [one, other] = (crossover ?? twoPointCrossover)(first.bits, marked(second.bits), breeding.random);
      return [
        { bits: one.map(bitOf), fromPartner: one.map(markOf) },
        { bits: other.map(bitOf), fromPartner: other.map((gene) => 1 - markOf(gene)) },
      ];
    },
    mutate: (genome, breeding) => ({
      ...genome,
      bits: plain.mutate(genome.bits, breeding),
      beforeMutation: genome.bits,
    }),
    diversity: (genomes) => plain.diversity(genomes.map(({ bits }) => bits)),
    save: ({ bits }) => plain.save(bits),
    load: (saved) => ({ bits: plain.load(saved) }),
  };
}

const marked = (bits: Uint8Array) => bits.map((bit) => bit | 2);
const bitOf = (gene: number) => gene & 1;
const markOf = (gene: number) => gene >> 1;

function placesWhere(length: number, isPlace: (place: number) => boolean): number[] {
  return Array.from({ length }, (_, place) => place).filter(isPlace);
}

function countOnes(bits: Uint8Array): number {
  return bits.reduce((sum, bit) => sum + bit, 0);
}

/** Waits, and rejects as soon as it is stopped. */
function elapsed(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', stop, { once: true });
  });
}
