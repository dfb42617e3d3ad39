import {
  type Birth,
  type BitCrossover,
  birthsOf,
  countOnes,
  type TracedBits,
  tracedBitEncoding,
} from '@cnnviz/example-onemax/traced-bits';
import {
  GeneticAlgorithm,
  type GeneticAlgorithmState,
  onePointCrossover,
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
  uniform: (first, second, random) => uniformCrossover(first, second, random),
  none: undefined,
} as const satisfies Record<string, BitCrossover | undefined>;

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

const CROSSOVER_RATE = 0.5;

export type { Birth };

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
  /** What the next step resumes from; plain JSON. */
  state: GeneticAlgorithmState;
}

export interface OneMaxRunOptions {
  settings: OneMaxSettings;
  /** What the step before gave. */
  state: GeneticAlgorithmState;
  /** The last generation. */
  generations: number;
  /** Milliseconds that each generation is to be seen. */
  pause: number;
}

export const oneMax = {
  /** The random generation, or the one after a state. */
  step: quick(async ({ settings, state }: { settings: OneMaxSettings; state?: GeneticAlgorithmState }) =>
    nextGeneration(settings, state),
  ),
  /** Steps until it is solved. */
  run: job(runToSolution),
};

/** One generation of the genetic algorithm, and where each genome comes from. */
export function nextGeneration(settings: OneMaxSettings, state?: GeneticAlgorithmState): OneMaxStep {
  const { length, populationSize, mutationRate, seed } = settings;
  const select = selections[settings.selection];
  let parents: Int32Array = new Int32Array(0);
  const algorithm = new GeneticAlgorithm<TracedBits>({
    encoding: tracedBitEncoding({ length, crossover: crossovers[settings.crossover] }),
    populationSize,
    seed,
    selection: (fitness, count, random) => {
      parents = select(fitness, count, random);
      return parents;
    },
    crossoverRate: settings.crossover === 'none' ? 0 : CROSSOVER_RATE,
    mutationRate,
    ...(state === undefined ? {} : { resume: state }),
  });
  const before = algorithm.population.map(({ genome }) => genome);
  algorithm.tell(algorithm.ask().map(countOnes));
  const { population } = algorithm;
  const { generation, evaluations, best, mean, worst } = algorithm.statistics();
  const genomes = population.map(({ genome }) => genome);
  return {
    generation: {
      generation,
      evaluations,
      genomes: population.map(({ genome, fitness }) => ({ bits: genome.bits.join(''), fitness })),
      births: birthsOf(generation, parents, before, genomes),
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
