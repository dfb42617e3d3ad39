import {
  type Check,
  checker,
  createRandom,
  describeValue,
  type Random,
  type RandomState,
  restoreRandom,
  restoring,
} from '@cnnviz/internal';
import { type Encoding, isReader, requireEncoding, requireGenome, requirePair } from '../encodings/encoding.ts';
import { copyGenome } from '../genomes/copy-genome.ts';
import { PROBABILITY, requireCount } from '../genomes/genes.ts';
import { differenceOf, type SavedOptions, savedOptions } from '../genomes/saved-options.ts';
import { byFitness, type Goal, type Selection } from '../operators/selection/selection.ts';
import { tournamentSelection } from '../operators/selection/tournament-selection.ts';
import { selectWithinSpecies, speciate } from './speciation.ts';

export interface GeneticAlgorithmOptions<G> {
  /** What a genome is, and how it is made, crossed and mutated. */
  encoding: Encoding<G>;
  /** Individuals in a generation, 2 or more. */
  populationSize: number;
  /** A whole number >= 0. Not used when going on from a `state`. */
  seed: number;
  /** Whether more fitness is better. Default: `maximize`. */
  goal?: Goal;
  /** Default: tournaments of 3, as in DEAP's OneMax. */
  selection?: Selection;
  /** Probability that a pair of parents is crossed; else they are copied. Default: 0.5, DEAP's OneMax. */
  crossoverRate?: number;
  /** Probability that an individual mutates; how much of it is up to the encoding. Default: 0.2, DEAP's OneMax. */
  mutationRate?: number;
  /**
   * - `generational`: children replace all but the `elites` best.
   * - `steady-state`: a generation is `offspring` children, which replace the worst.
   *
   * Default: `generational`.
   */
  replacement?: 'generational' | 'steady-state';
  /** For `generational`: how many of the best survive unchanged. Default: 0, as in DEAP. */
  elites?: number;
  /** For `steady-state`: children a generation. Default: 2, a pair. */
  offspring?: number;
  /** NEAT's protection of innovation: mates only within species, which share their fitness. Needs an even number of children. */
  speciation?: { threshold: number };
  /** What `state()` gave, with the same options: resumes from there. */
  state?: GeneticAlgorithmState;
}

export interface Individual<G> {
  genome: G;
  fitness: number;
}

/** All that decides how a run goes on; plain JSON. */
export interface GeneticAlgorithmState {
  algorithm: 'GeneticAlgorithm';
  encoding: string;
  /** That it was saved with. */
  options: SavedOptions;
  generation: number;
  evaluations: number;
  random: RandomState;
  memory: Record<string, number>;
  /** The last complete generation; empty before the first. */
  population: { genome: unknown; fitness: number }[];
  /** The generation being evaluated, if any; `fitness` is null where it is not known. */
  children: { genome: unknown; fitness: number | null }[] | null;
  best: { genome: unknown; fitness: number; generation: number } | null;
  representatives: unknown[];
}

export interface GenerationStatistics {
  /** 0 is the initial population. */
  generation: number;
  /** Genomes evaluated so far, this generation included. */
  evaluations: number;
  /** Fitness in this generation. */
  best: number;
  mean: number;
  worst: number;
  /** As the encoding defines it. */
  diversity: number;
}

const constructing = checker('@cnnviz/genetic', 'GeneticAlgorithm');
const telling = checker('@cnnviz/genetic', 'GeneticAlgorithm.tell');

/**
 * A genetic algorithm whose loop the caller owns: `ask()` for genomes, evaluate them, `tell()` their fitness.
 *
 * One generation selects parents, crosses consecutive pairs of them with `crossoverRate`, mutates each child with
 * `mutationRate`, and asks only for children that are not copies: the order of DEAP's OneMax.
 *
 * @throws RangeError if the population is below 2, a rate outside [0, 1], or more survive than there are.
 * @throws Error if a `state` is not one of these options.
 *
 * @example
 * import { bitEncoding, GeneticAlgorithm } from '@cnnviz/genetic';
 *
 * const algorithm = new GeneticAlgorithm({ encoding: bitEncoding({ length: 20 }), populationSize: 50, seed: 0 });
 * for (let generation = 0; generation < 10; generation++) {
 *   const genomes = algorithm.ask();
 *   algorithm.tell(genomes.map((bits) => bits.reduce((sum, bit) => sum + bit, 0)));
 * }
 * algorithm.best?.fitness; // at most 20
 */
export class GeneticAlgorithm<G> {
  readonly #encoding: Encoding<G>;
  readonly #size: number;
  readonly #goal: Goal;
  readonly #selection: Selection;
  readonly #crossoverRate: number;
  readonly #mutationRate: number;
  readonly #survivors: number;
  readonly #speciesThreshold: number | undefined;
  readonly #options: SavedOptions;
  #random: Random;
  #memory: Record<string, number>;
  #generation = 0;
  #evaluations = 0;
  #genomes: G[] = [];
  #fitness: Float64Array = new Float64Array(0);
  /** Being evaluated: `asked` are the ones of unknown fitness. */
  #children: { genomes: G[]; fitness: Float64Array; asked: number[] } | undefined;
  #best: (Individual<G> & { generation: number }) | undefined;
  #representatives: G[] = [];

  constructor(options: GeneticAlgorithmOptions<G>) {
    const check = constructing;
    this.#encoding = requireEncoding(check, check.options(options).encoding);
    this.#size = requireCount(check, 'populationSize', options.populationSize, 2);
    this.#goal = check.oneOf('goal', options.goal ?? 'maximize', ['maximize', 'minimize']);
    this.#selection = check.callable('selection', options.selection ?? tournaments);
    this.#crossoverRate = check.number('crossoverRate', options.crossoverRate ?? 0.5, PROBABILITY);
    this.#mutationRate = check.number('mutationRate', options.mutationRate ?? 0.2, PROBABILITY);
    this.#survivors = survivorsOf(options, this.#size);
    this.#speciesThreshold = speciesThresholdOf(options, this.#size - this.#survivors);
    this.#options = savedOptions(ownOptions(options), { encoding: this.#encoding });
    check.seed('seed', options.seed);
    if (options.state === undefined) {
      this.#random = createRandom(options.seed);
      this.#memory = {};
    } else {
      const saved = options.state;
      const state = restoring(constructing, 'state', () =>
        requireState(saved, options.encoding, this.#options, this.#size, this.#survivors),
      );
      this.#random = restoring(constructing, 'state', () => restoreRandom(state.random));
      this.#memory = { ...state.memory };
      restoring(constructing, 'state', () => this.#restore(state));
    }
  }

  /** Of the last complete generation; -1 before the first. */
  get generation(): number {
    return this.#genomes.length === 0 ? -1 : this.#generation;
  }

  /** The fittest individual so far, in the population or not; a copy. */
  get best(): (Individual<G> & { generation: number }) | undefined {
    return this.#best === undefined ? undefined : { ...this.#best, genome: copyGenome(this.#best.genome) };
  }

  /** The last complete generation. Its genomes are the algorithm's own: not to be modified. */
  get population(): Individual<G>[] {
    return this.#genomes.map((genome, index) => ({ genome, fitness: this.#fitness[index]! }));
  }

  /**
   * Genomes whose fitness the algorithm does not know: first a random population, then the children that are not copies
   * of their parents. The same ones again until they are told.
   *
   * @returns Copies, into which may be written. (A genome that is an instance of a class of your own is not copied.)
   * @throws What the selection or the encoding throws; the algorithm is unchanged then.
   */
  ask(): readonly G[] {
    this.#children ??= this.#undoneOnThrow(() =>
      this.#genomes.length === 0 ? this.#createPopulation() : this.#breed(),
    );
    const { genomes, asked } = this.#children;
    return asked.map((index) => copyGenome(genomes[index] as G));
  }

  /**
   * Takes the fitness of the genomes that `ask()` gave, in that order, and completes the generation.
   *
   * @throws RangeError if there are more or fewer, or one is not a finite number; the algorithm is unchanged then.
   */
  tell(fitness: ArrayLike<number>): void {
    if (this.#children === undefined) telling.failBecause('state', 'nothing was asked: call ask() first');
    const { genomes, fitness: childFitness, asked } = this.#children!;
    requireTold(telling, fitness, asked.length, this.generation + 1);
    asked.forEach((child, index) => {
      childFitness[child] = fitness[index]!;
    });

    const isFirst = this.#genomes.length === 0;
    if (isFirst || this.#survivors === 0) {
      this.#genomes = genomes;
      this.#fitness = childFitness;
    } else {
      const kept = [...byFitness(this.#fitness, this.#goal).subarray(0, this.#survivors)];
      const keptFitness = kept.map((index) => this.#fitness[index]!);
      this.#genomes = [...kept.map((index) => this.#genomes[index] as G), ...genomes];
      this.#fitness = Float64Array.from([...keptFitness, ...childFitness]);
    }
    this.#generation = isFirst ? 0 : this.#generation + 1;
    this.#evaluations += asked.length;
    this.#children = undefined;
    this.#rememberBest();
  }

  /** Of the last complete generation. @throws Error before the first. */
  statistics(): GenerationStatistics {
    const check = checker('@cnnviz/genetic', 'GeneticAlgorithm.statistics');
    if (this.#genomes.length === 0) check.failBecause('state', 'there is no generation yet');
    let sum = 0;
    let highest = Number.NEGATIVE_INFINITY;
    let lowest = Number.POSITIVE_INFINITY;
    for (let individual = 0; individual < this.#size; individual++) {
      const fitness = this.#fitness[individual]!;
      sum += fitness;
      if (fitness > highest) highest = fitness;
      if (fitness < lowest) lowest = fitness;
    }
    const maximizing = this.#goal === 'maximize';
    return {
      generation: this.#generation,
      evaluations: this.#evaluations,
      best: maximizing ? highest : lowest,
      mean: sum / this.#size,
      worst: maximizing ? lowest : highest,
      diversity: check.number('what encoding.diversity returns', this.#encoding.diversity(this.#genomes)),
    };
  }

  /** All that decides how the run goes on, at any moment; plain JSON. */
  state(): GeneticAlgorithmState {
    const save = (genome: G) => requireGenome(constructing, 'save', this.#encoding.save(genome));
    const children = this.#children;
    const asked = new Set(children?.asked);
    return {
      algorithm: 'GeneticAlgorithm',
      encoding: this.#encoding.name,
      options: { ...this.#options },
      generation: this.#generation,
      evaluations: this.#evaluations,
      random: this.#random.state(),
      memory: { ...this.#memory },
      population: this.#genomes.map((genome, index) => ({ genome: save(genome), fitness: this.#fitness[index]! })),
      children:
        children?.genomes.map((genome, index) => ({
          genome: save(genome),
          fitness: asked.has(index) ? null : children.fitness[index]!,
        })) ?? null,
      best: this.#best === undefined ? null : { ...this.#best, genome: save(this.#best.genome) },
      representatives: this.#representatives.map(save),
    };
  }

  #undoneOnThrow<T>(work: () => T): T {
    const [random, memory, representatives] = [this.#random.state(), { ...this.#memory }, this.#representatives];
    try {
      return work();
    } catch (error) {
      this.#random = restoreRandom(random);
      this.#memory = memory;
      this.#representatives = representatives;
      throw error;
    }
  }

  #createPopulation() {
    const breeding = { random: this.#random, generation: 0, memory: this.#memory };
    const create = () => requireGenome(constructing, 'create', this.#encoding.create(breeding));
    const genomes = Array.from({ length: this.#size }, create);
    return { genomes, fitness: new Float64Array(this.#size), asked: [...genomes.keys()] };
  }

  #breed() {
    const random = this.#random;
    const breeding = { random, generation: this.#generation + 1, memory: this.#memory };
    const parents = this.#selectParents(this.#size - this.#survivors);
    // An operator of one's own may write into its parents, which others share.
    const lent = isReader(this.#encoding) ? (genome: G) => genome : copyGenome;
    const genomes: G[] = [];
    const fitness = new Float64Array(parents.length);
    const isNew = new Uint8Array(parents.length);
    for (let child = 0; child < parents.length; child++) {
      const parent = parents[child]!;
      genomes.push(this.#genomes[parent] as G);
      fitness[child] = this.#fitness[parent]!;
    }
    for (let child = 0; child + 1 < genomes.length; child += 2) {
      if (random.uniform() >= this.#crossoverRate) continue;
      const fitter = this.#fitter(fitness[child]!, fitness[child + 1]!);
      const pair = [lent(genomes[child]!), lent(genomes[child + 1]!)] as const;
      const crossed = requirePair(constructing, 'encoding.cross', this.#encoding.cross(...pair, breeding, fitter));
      genomes[child] = crossed[0];
      genomes[child + 1] = crossed[1];
      isNew[child] = isNew[child + 1] = 1;
    }
    for (let child = 0; child < genomes.length; child++) {
      if (random.uniform() >= this.#mutationRate) continue;
      const mutated = this.#encoding.mutate(lent(genomes[child]!), breeding);
      genomes[child] = requireGenome(constructing, 'mutate', mutated);
      isNew[child] = 1;
    }
    const asked: number[] = [];
    for (let child = 0; child < isNew.length; child++) if (isNew[child] === 1) asked.push(child);
    return { genomes, fitness, asked };
  }

  #selectParents(count: number): Int32Array {
    if (this.#speciesThreshold === undefined) return this.#select(this.#fitness, count, this.#random, this.#goal);
    const distance = (first: G, second: G) => this.#encoding.distance!(first, second);
    const { species, representatives } = speciate(this.#genomes, distance, {
      threshold: this.#speciesThreshold,
      representatives: this.#representatives,
    });
    this.#representatives = representatives.flatMap((_, kind) => {
      const members = Array.from(species.keys()).filter((individual) => species[individual] === kind);
      return members.length === 0 ? [] : [this.#genomes[members[this.#random.integer(members.length)]!]!];
    });
    return selectWithinSpecies(species, this.#fitness, count, this.#random, this.#goal, this.#select);
  }

  readonly #select: Selection = (fitness, count, random, goal) => {
    // A copy: a selection of one's own may sort it.
    const chosen = this.#selection(Float64Array.from(fitness), count, random, goal);
    const isIndex = (index: number) => Number.isInteger(index) && index >= 0 && index < fitness.length;
    const isChoice = chosen?.length === count && Array.from(chosen).every(isIndex);
    if (!isChoice) {
      constructing.fail('state', 'selection', `a function to ${count} indices below ${fitness.length}`, chosen);
    }
    return chosen;
  };

  #fitter(first: number, second: number): 'first' | 'second' | undefined {
    if (first === second) return undefined;
    return first > second === (this.#goal === 'maximize') ? 'first' : 'second';
  }

  #rememberBest(): void {
    const sign = this.#goal === 'maximize' ? 1 : -1;
    let found = this.#best === undefined ? Number.NEGATIVE_INFINITY : sign * this.#best.fitness;
    let index = -1;
    for (let individual = 0; individual < this.#size; individual++) {
      const merit = sign * this.#fitness[individual]!;
      if (merit <= found) continue;
      found = merit;
      index = individual;
    }
    if (index === -1) return;
    this.#best = { genome: this.#genomes[index]!, fitness: this.#fitness[index]!, generation: this.#generation };
  }

  #restore(state: GeneticAlgorithmState): void {
    const load = (saved: unknown): G => this.#encoding.load(saved);
    this.#generation = state.generation;
    this.#evaluations = state.evaluations;
    this.#genomes = state.population.map(({ genome }) => load(genome));
    this.#fitness = Float64Array.from(state.population, ({ fitness }) => fitness);
    const { best } = state;
    this.#best =
      best === null ? undefined : { genome: load(best.genome), fitness: best.fitness, generation: best.generation };
    this.#representatives = state.representatives.map(load);
    if (state.children === null) return;
    this.#children = {
      genomes: state.children.map(({ genome }) => load(genome)),
      fitness: Float64Array.from(state.children, ({ fitness }) => fitness ?? 0),
      asked: state.children.flatMap(({ fitness }, index) => (fitness === null ? [index] : [])),
    };
  }
}

const tournaments: Selection = (fitness, count, random, goal) => tournamentSelection(fitness, count, random, { goal });

/** Of those that decide how a run goes on; a selection of one's own cannot be told from another. */
function ownOptions<G>(options: GeneticAlgorithmOptions<G>): SavedOptions {
  const { replacement = 'generational', elites = 0, offspring = 2 } = options;
  return {
    goal: options.goal ?? 'maximize',
    selection: options.selection === undefined ? 'default' : 'own',
    crossoverRate: options.crossoverRate ?? 0.5,
    mutationRate: options.mutationRate ?? 0.2,
    replacement,
    ...(replacement === 'generational' ? { elites } : { offspring }),
    'speciation.threshold': options.speciation?.threshold ?? null,
  };
}

function survivorsOf<G>(options: GeneticAlgorithmOptions<G>, size: number): number {
  const check = constructing;
  const { replacement = 'generational', elites = 0, offspring = 2 } = options;
  check.oneOf('replacement', replacement, ['generational', 'steady-state']);
  check.number('elites', elites, { integer: true, min: 0, max: size - 1 });
  check.number('offspring', offspring, { integer: true, min: 1, max: size });
  return replacement === 'generational' ? elites : size - offspring;
}

function speciesThresholdOf<G>(options: GeneticAlgorithmOptions<G>, children: number): number | undefined {
  const { speciation, encoding } = options;
  if (speciation === undefined) return undefined;
  constructing.number('speciation.threshold', constructing.options(speciation, 'speciation').threshold, { above: 0 });
  if (typeof encoding.distance !== 'function') {
    constructing.fail('type', 'encoding', 'one that has a distance, for speciation', encoding.name);
  }
  if (children % 2 !== 0) constructing.fail('range', 'children a generation', 'even for speciation', children);
  return speciation.threshold;
}

/** Throws unless there is one finite fitness for each genome asked; says which individual's is not. */
function requireTold(check: Check, fitness: ArrayLike<number>, count: number, generation: number): void {
  if (fitness?.length !== count) {
    check.failBecause(
      'range',
      `fitness must be ${count} numbers, one for each genome that was asked, got ${fitness?.length ?? describeValue(fitness)}`,
    );
  }
  for (let individual = 0; individual < count; individual++) {
    if (Number.isFinite(fitness[individual])) continue;
    check.failBecause(
      'range',
      `fitness of individual ${individual} of ${count} in generation ${generation} must be a finite number, got ${describeValue(fitness[individual])}`,
    );
  }
}

function requireState(
  state: GeneticAlgorithmState,
  encoding: { name: string },
  options: SavedOptions,
  size: number,
  survivors: number,
): GeneticAlgorithmState {
  const fail = (reason: string): never => constructing.failBecause('state', `state cannot be gone on from: ${reason}`);
  if (state?.algorithm !== 'GeneticAlgorithm') fail('it is not a state of GeneticAlgorithm');
  if (state.encoding !== encoding.name) fail(`its genomes are ${state.encoding}, the encoding's are ${encoding.name}`);
  const difference = differenceOf(state.options, options);
  if (difference !== undefined) fail(difference);
  const isCount = (value: unknown) => Number.isInteger(value) && (value as number) >= 0;
  if (!isCount(state.generation)) fail(`its generation is ${state.generation}`);
  if (!isCount(state.evaluations)) fail(`its evaluations are ${state.evaluations}`);
  if (!Array.isArray(state.population)) fail('it has no population');
  if (state.population.length !== size && (state.population.length > 0 || state.best !== null)) {
    fail(`it has ${state.population.length} individuals, the option populationSize is ${size}`);
  }
  const unknown = state.population.findIndex(({ fitness }) => !Number.isFinite(fitness));
  if (unknown !== -1) fail(`the fitness of its individual ${unknown} is ${state.population[unknown]!.fitness}`);
  if (state.children !== null && !Array.isArray(state.children)) fail('its children are not a list');
  const children = state.population.length === 0 ? size : size - survivors;
  if (state.children !== null && state.children.length !== children) {
    fail(`it has ${state.children.length} children, a generation has ${children}`);
  }
  const odd = state.children?.findIndex((child) => child?.fitness !== null && !Number.isFinite(child?.fitness)) ?? -1;
  if (odd !== -1) fail(`the fitness of its child ${odd} is ${state.children![odd]?.fitness}`);
  if (!Array.isArray(state.representatives)) fail('it has no list of representatives');
  if (typeof state.memory !== 'object' || state.memory === null) fail('it has no memory');
  if (state.best !== null && !Number.isFinite(state.best?.fitness)) fail('it has no best individual');
  return state;
}
