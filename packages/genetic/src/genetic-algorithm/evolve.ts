import { checker, type LongWork, reportProgress, requireLongWork, throwIfAborted } from '@cnnviz/internal';
import { type GenerationStatistics, GeneticAlgorithm } from './genetic-algorithm.ts';
import type { GeneticAlgorithmOptions } from './genetic-algorithm-options.ts';
import type { GeneticAlgorithmState, Individual } from './genetic-algorithm-state.ts';

export interface EvolveOptions<G> extends GeneticAlgorithmOptions<G>, LongWork<EvolveProgress<G>> {
  /** Fitness of one genome. Give either this or `batchFitness`. */
  fitness?: (genome: G) => number | Promise<number>;
  /** Fitness of many genomes at once, in their order. */
  batchFitness?: (genomes: readonly G[]) => ArrayLike<number> | Promise<ArrayLike<number>>;
  /** Most generations after the initial one. */
  generations: number;
  /** Stops once the best fitness so far reaches this: >=, or <= where the goal is to minimize. Default: never. */
  stopAt?: number;
  /** Stops after this many generations without a better individual. Default: never. */
  patience?: number;
}

export interface EvolveProgress<G> extends GenerationStatistics {
  /** Generations after the initial one. */
  done: number;
  /** The option `generations`. */
  total: number;
  /** The fittest individual so far, whichever generation it is of. */
  bestSoFar: Individual<G> & { generation: number };
  /** What `resume` of a later call takes; plain JSON. */
  state: () => GeneticAlgorithmState;
}

export interface Evolution<G> {
  best: Individual<G> & { generation: number };
  /** The last generation. */
  population: Individual<G>[];
  /** One entry per generation of this call. */
  history: GenerationStatistics[];
  /** The option that ended the run. */
  stoppedBy: 'generations' | 'stopAt' | 'patience';
  /** What `resume` of a later call takes; plain JSON. */
  state: GeneticAlgorithmState;
}

const check = checker('@cnnviz/genetic', 'evolve');

/**
 * Runs a genetic algorithm on a fitness function of yours, until it has bred enough generations or stops improving.
 *
 * @param options The options of `GeneticAlgorithm`, and the fitness: of one genome or of many, at once or as a promise.
 * @returns The best individual, the last generation, the statistics of each generation, and the state to resume from. An
 *   interrupted run that is resumed gives the same result as an uninterrupted one.
 * @throws RangeError if a fitness is not a finite number, naming the individual, or their number is not that of the
 *   genomes; and as `GeneticAlgorithm` does.
 * @see Holland, "Adaptation in Natural and Artificial Systems", 1975, https://doi.org/10.7551/mitpress/1090.001.0001.
 *
 * @example
 * import { bitEncoding, evolve } from '@cnnviz/genetic';
 *
 * const { best } = await evolve({
 *   encoding: bitEncoding({ length: 100, flipRate: 0.05 }),
 *   fitness: (bits) => bits.reduce((sum, bit) => sum + bit, 0),
 *   populationSize: 300,
 *   generations: 1000,
 *   stopAt: 100,
 * });
 * best.fitness; // 100
 */
export async function evolve<G>(options: EvolveOptions<G>): Promise<Evolution<G>> {
  const evaluate = evaluationOf(check.options(options));
  requireLongWork(check, options);
  check.number('generations', options.generations, { integer: true, min: 0 });
  if (options.stopAt !== undefined) check.number('stopAt', options.stopAt);
  if (options.patience !== undefined) check.number('patience', options.patience, { integer: true, min: 1 });
  const algorithm = new GeneticAlgorithm(options);
  const history: GenerationStatistics[] = [];

  throwIfAborted(options);
  let stoppedBy = stopReason(algorithm, options);
  while (stoppedBy === undefined) {
    const fitness = await evaluate(algorithm.ask());
    throwIfAborted(options);
    algorithm.tell(fitness);
    const statistics = algorithm.statistics();
    history.push(statistics);
    await reportProgress(options, {
      done: statistics.generation,
      total: options.generations,
      ...statistics,
      bestSoFar: algorithm.best!,
      state: () => algorithm.state(),
    });
    stoppedBy = stopReason(algorithm, options);
  }
  return { best: algorithm.best!, population: algorithm.population, history, stoppedBy, state: algorithm.state() };
}

type Evaluation<G> = (genomes: readonly G[]) => ArrayLike<number> | Promise<ArrayLike<number>>;

function evaluationOf<G>({ fitness, batchFitness }: EvolveOptions<G>): Evaluation<G> {
  if ((fitness === undefined) === (batchFitness === undefined)) {
    check.failBecause('type', 'set either fitness or batchFitness');
  }
  if (batchFitness !== undefined) return check.callable('batchFitness', batchFitness);
  const fitnessOfOne = check.callable('fitness', fitness!);
  return (genomes) => {
    const values: (number | Promise<number>)[] = [];
    let isReady = true;
    for (const genome of genomes) {
      const value = fitnessOfOne(genome);
      values.push(value);
      if (typeof value !== 'number') isReady = false;
    }
    return isReady ? (values as number[]) : Promise.all(values);
  };
}

function stopReason<G>(
  algorithm: GeneticAlgorithm<G>,
  { goal = 'maximize', stopAt, patience, generations }: EvolveOptions<G>,
): Evolution<G>['stoppedBy'] | undefined {
  const { best, generation } = algorithm;
  if (best === undefined) return undefined;
  const sign = goal === 'maximize' ? 1 : -1;
  if (stopAt !== undefined && sign * best.fitness >= sign * stopAt) return 'stopAt';
  if (generation >= generations) return 'generations';
  if (patience !== undefined && generation - best.generation >= patience) return 'patience';
  return undefined;
}
