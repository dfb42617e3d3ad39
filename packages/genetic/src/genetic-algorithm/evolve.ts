import { checker, type LongWork, reportProgress, requireLongWork, throwIfAborted } from '@cnnviz/internal';
import {
  type GenerationStatistics,
  GeneticAlgorithm,
  type GeneticAlgorithmOptions,
  type GeneticAlgorithmState,
  type Individual,
} from './genetic-algorithm.ts';

export interface EvolveOptions<G> extends GeneticAlgorithmOptions<G>, LongWork<EvolveProgress<G>> {
  /** Fitness of one genome. Either this or `batchFitness`. */
  fitness?: (genome: G) => number | Promise<number>;
  /** Fitness of many genomes at once, in their order. */
  batchFitness?: (genomes: readonly G[]) => ArrayLike<number> | Promise<ArrayLike<number>>;
  /** Generations after the initial one, at most. */
  generations: number;
  /** Stops once the best so far is this good. Default: never. */
  target?: number;
  /** Stops after as many generations without a better individual. Default: never. */
  patience?: number;
}

export interface EvolveProgress<G> extends GenerationStatistics {
  /** The fittest individual so far, of whatever generation. */
  bestSoFar: Individual<G> & { generation: number };
  /** What a later call goes on from, as `state`. */
  state: () => GeneticAlgorithmState;
}

export interface Evolution<G> {
  best: Individual<G> & { generation: number };
  /** The last generation. */
  population: Individual<G>[];
  /** Of each generation of this call. */
  history: GenerationStatistics[];
  stoppedBy: 'generations' | 'target' | 'patience';
  state: GeneticAlgorithmState;
}

const check = checker('@cnnviz/genetic', 'evolve');

/**
 * Runs a genetic algorithm until a generation, a fitness or patience is reached.
 *
 * @param options Those of `GeneticAlgorithm`, and the fitness: of one genome or of many, at once or as a promise.
 * @returns The best individual, the last generation, the statistics of each, and the state to go on from: a run that was
 *   broken off and gone on with gives the same as one that was not.
 * @throws RangeError if a fitness is not a finite number, or not as many come as genomes were given; says which.
 *
 * @example
 * import { bitEncoding, evolve } from '@cnnviz/genetic';
 *
 * const { best } = await evolve({
 *   encoding: bitEncoding({ length: 100, flipRate: 0.05 }),
 *   fitness: (bits) => bits.reduce((sum, bit) => sum + bit, 0),
 *   populationSize: 300,
 *   generations: 1000,
 *   target: 100,
 *   seed: 0,
 * });
 * best.fitness; // 100
 */
export async function evolve<G>(options: EvolveOptions<G>): Promise<Evolution<G>> {
  const evaluate = evaluationOf(check.options(options));
  requireLongWork(check, options);
  check.number('generations', options.generations, { integer: true, min: 0 });
  if (options.target !== undefined) check.number('target', options.target);
  if (options.patience !== undefined) check.number('patience', options.patience, { integer: true, min: 1 });
  const algorithm = new GeneticAlgorithm(options);
  const history: GenerationStatistics[] = [];

  throwIfAborted(options);
  let stoppedBy = stopReason(algorithm, options);
  while (stoppedBy === undefined) {
    const genomes = algorithm.ask();
    const fitness = await evaluate(genomes);
    throwIfAborted(options);
    algorithm.tell(fitness);
    const statistics = algorithm.statistics();
    history.push(statistics);
    await reportProgress(options, { ...statistics, bestSoFar: algorithm.best!, state: () => algorithm.state() });
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
  { goal = 'maximize', target, patience, generations }: EvolveOptions<G>,
): Evolution<G>['stoppedBy'] | undefined {
  const { best, generation } = algorithm;
  if (best === undefined) return undefined;
  const sign = goal === 'maximize' ? 1 : -1;
  if (target !== undefined && sign * best.fitness >= sign * target) return 'target';
  if (generation >= generations) return 'generations';
  if (patience !== undefined && generation - best.generation >= patience) return 'patience';
  return undefined;
}
