import { checker, describeValue, restoreRandom } from '@cnnviz/internal';
import { copyGenome } from '../genomes/copy-genome.ts';
import { byFitness, type Goal } from '../operators/selection/selection.ts';
import { breed, createPopulation } from './breed.ts';
import {
  check,
  type GeneticAlgorithmOptions,
  type GeneticAlgorithmSettings,
  resolveOptions,
} from './genetic-algorithm-options.ts';
import {
  type Children,
  type GeneticAlgorithmRun,
  type GeneticAlgorithmState,
  type Individual,
  restoreRun,
  saveRun,
  startRun,
} from './genetic-algorithm-state.ts';

export interface GenerationStatistics {
  /** 0 is the initial population. */
  generation: number;
  /** Genomes evaluated so far, including this generation. */
  evaluations: number;
  /** Best fitness of this generation. */
  best: number;
  mean: number;
  worst: number;
  /** How much the genomes differ, as the encoding defines it. */
  diversity: number;
}

const telling = checker('@cnnviz/genetic', 'GeneticAlgorithm.tell');
const counting = checker('@cnnviz/genetic', 'GeneticAlgorithm.statistics');

/**
 * Runs a genetic algorithm one generation at a time, in a loop of your own: `ask()` for genomes, evaluate them, `tell()`
 * their fitness.
 *
 * Each generation selects parents, crosses consecutive pairs with `crossoverRate`, mutates each child with
 * `mutationRate`, and asks only for children that are not copies: the order of DEAP's OneMax.
 *
 * @throws RangeError if the population is below 2, a rate is outside [0, 1], more individuals survive than there are, or
 *   `resume` is of another kind or version.
 * @throws Error if `resume` was saved with other options, or is damaged.
 * @see Holland, "Adaptation in Natural and Artificial Systems", 1975, https://doi.org/10.7551/mitpress/1090.001.0001.
 *
 * @example
 * import { bitEncoding, GeneticAlgorithm } from '@cnnviz/genetic';
 *
 * const algorithm = new GeneticAlgorithm({ encoding: bitEncoding({ length: 20 }), populationSize: 50 });
 * for (let generation = 0; generation < 10; generation++) {
 *   const genomes = algorithm.ask();
 *   algorithm.tell(genomes.map((bits) => bits.reduce((sum, bit) => sum + bit, 0)));
 * }
 * algorithm.best?.fitness; // at most 20
 */
export class GeneticAlgorithm<G> {
  readonly #settings: GeneticAlgorithmSettings<G>;
  readonly #run: GeneticAlgorithmRun<G>;

  constructor(options: GeneticAlgorithmOptions<G>) {
    this.#settings = resolveOptions(options);
    const { seed = 0, resume } = options;
    check.seed('seed', seed);
    this.#run = resume === undefined ? startRun(seed) : restoreRun(this.#settings, resume);
  }

  /** Number of the last complete generation; -1 before the first. */
  get generation(): number {
    return this.#run.genomes.length === 0 ? -1 : this.#run.generation;
  }

  /** The fittest individual so far, whether or not it is still in the population; a copy. */
  get best(): (Individual<G> & { generation: number }) | undefined {
    const { best } = this.#run;
    return best === undefined ? undefined : { ...best, genome: copyGenome(best.genome) };
  }

  /** The last complete generation. Its genomes are the algorithm's own and must not be modified. */
  get population(): Individual<G>[] {
    return this.#run.genomes.map((genome, index) => ({ genome, fitness: this.#run.fitness[index]! }));
  }

  /**
   * Gives the genomes whose fitness the algorithm does not know: first a random population, then the children that are
   * not copies of their parents. Gives the same ones again until they are told.
   *
   * @returns Copies that you may modify. (A genome that is an instance of a class of your own is not copied.)
   * @throws Whatever the selection or the encoding throws; the algorithm is then unchanged.
   */
  ask(): readonly G[] {
    this.#run.children ??= this.#nextChildren();
    const { genomes, asked } = this.#run.children;
    return asked.map((index) => copyGenome(genomes[index] as G));
  }

  /**
   * Takes the fitness of the genomes that `ask()` gave, in that order, and completes the generation.
   *
   * @throws RangeError if there are more or fewer, or one is not a finite number; the algorithm is then unchanged.
   * @throws Error if nothing was asked.
   */
  tell(fitness: ArrayLike<number>): void {
    const run = this.#run;
    const children = run.children ?? telling.failBecause('state', 'nothing was asked: call ask() first');
    requireTold(fitness, children.asked.length, this.generation + 1);
    children.asked.forEach((child, index) => {
      children.fitness[child] = fitness[index]!;
    });
    const isFirst = run.genomes.length === 0;
    const next = isFirst ? children : withSurvivors(this.#settings, run, children);
    run.genomes = next.genomes;
    run.fitness = next.fitness;
    run.generation = isFirst ? 0 : run.generation + 1;
    run.evaluations += children.asked.length;
    run.children = undefined;
    rememberBest(run, this.#settings.goal);
  }

  /**
   * Summarizes the last complete generation.
   *
   * @returns Fitness, diversity, and how many genomes were evaluated.
   * @throws Error before the first generation is complete.
   */
  statistics(): GenerationStatistics {
    const { genomes, fitness, generation, evaluations } = this.#run;
    const { encoding, goal } = this.#settings;
    if (genomes.length === 0) counting.failBecause('state', 'there is no generation yet');
    let sum = 0;
    let highest = Number.NEGATIVE_INFINITY;
    let lowest = Number.POSITIVE_INFINITY;
    for (const each of fitness) {
      sum += each;
      if (each > highest) highest = each;
      if (each < lowest) lowest = each;
    }
    const [best, worst] = goal === 'maximize' ? [highest, lowest] : [lowest, highest];
    const diversity = counting.number('what encoding.diversity returns', encoding.diversity(genomes));
    return { generation, evaluations, best, mean: sum / fitness.length, worst, diversity };
  }

  /**
   * Saves everything that decides how the run continues, at any moment.
   *
   * @returns Plain JSON, which `resume` takes.
   */
  state(): GeneticAlgorithmState {
    return saveRun(this.#settings, this.#run);
  }

  /** Where an operator throws, the run is as it was before. */
  #nextChildren(): Children<G> {
    const run = this.#run;
    const [random, memory, representatives] = [run.random.state(), { ...run.memory }, run.representatives];
    try {
      return run.genomes.length === 0 ? createPopulation(this.#settings, run) : breed(this.#settings, run);
    } catch (error) {
      Object.assign(run, { random: restoreRandom(random), memory, representatives });
      throw error;
    }
  }
}

/** The next generation: the best of this one, if any survive, then the children. */
function withSurvivors<G>(
  { survivors, goal }: GeneticAlgorithmSettings<G>,
  run: GeneticAlgorithmRun<G>,
  { genomes, fitness }: Children<G>,
): Pick<Children<G>, 'genomes' | 'fitness'> {
  if (survivors === 0) return { genomes, fitness };
  const kept = [...byFitness(run.fitness, goal).subarray(0, survivors)];
  return {
    genomes: [...kept.map((index) => run.genomes[index] as G), ...genomes],
    fitness: Float64Array.from([...kept.map((index) => run.fitness[index]!), ...fitness]),
  };
}

function rememberBest<G>(run: GeneticAlgorithmRun<G>, goal: Goal): void {
  const sign = goal === 'maximize' ? 1 : -1;
  let found = run.best === undefined ? Number.NEGATIVE_INFINITY : sign * run.best.fitness;
  let index = -1;
  for (let individual = 0; individual < run.fitness.length; individual++) {
    const merit = sign * run.fitness[individual]!;
    if (merit <= found) continue;
    found = merit;
    index = individual;
  }
  if (index === -1) return;
  run.best = { genome: run.genomes[index]!, fitness: run.fitness[index]!, generation: run.generation };
}

/** Throws unless there is one finite fitness for each genome that was asked; names the individual that has none. */
function requireTold(fitness: ArrayLike<number>, count: number, generation: number): void {
  if (fitness?.length !== count) {
    const received = fitness?.length ?? describeValue(fitness);
    telling.failBecause(
      'range',
      `fitness must be ${count} numbers, one for each genome that was asked, got ${received}`,
    );
  }
  for (let individual = 0; individual < count; individual++) {
    const value = fitness[individual];
    if (Number.isFinite(value)) continue;
    const where = `individual ${individual} of ${count} in generation ${generation}`;
    telling.failBecause('range', `fitness of ${where} must be a finite number, got ${describeValue(value)}`);
  }
}
