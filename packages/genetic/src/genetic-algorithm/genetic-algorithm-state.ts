import {
  createRandom,
  type Random,
  type RandomState,
  requireSavedState,
  restoreRandom,
  restoring,
} from '@cnnviz/internal';
import { requireGenome } from '../encodings/encoding.ts';
import { differenceOf, type SavedOptions } from '../genomes/saved-options.ts';
import { check, type GeneticAlgorithmSettings } from './genetic-algorithm-options.ts';

/** Everything that decides how a run continues; plain JSON. */
export interface GeneticAlgorithmState {
  kind: 'GeneticAlgorithm';
  version: number;
  /** Name of the encoding. */
  encoding: string;
  /** The options that it was saved with. */
  options: SavedOptions;
  generation: number;
  evaluations: number;
  random: RandomState;
  memory: Record<string, number>;
  /** The last complete generation; empty before the first. */
  population: { genome: unknown; fitness: number }[];
  /** The generation being evaluated, if any; `fitness` is null where it is unknown. */
  children: { genome: unknown; fitness: number | null }[] | null;
  best: { genome: unknown; fitness: number; generation: number } | null;
  representatives: unknown[];
}

export interface Individual<G> {
  genome: G;
  fitness: number;
}

/** A generation being evaluated. */
export interface Children<G> {
  genomes: G[];
  fitness: Float64Array;
  /** Indices of the children whose fitness is unknown. */
  asked: number[];
}

/** A run in memory. */
export interface GeneticAlgorithmRun<G> {
  random: Random;
  /** The encoding's own. */
  memory: Record<string, number>;
  /** The number of the last complete generation. */
  generation: number;
  evaluations: number;
  genomes: G[];
  fitness: Float64Array;
  children: Children<G> | undefined;
  best: (Individual<G> & { generation: number }) | undefined;
  /** One genome of each species. */
  representatives: G[];
}

const FORMAT = { kind: 'GeneticAlgorithm', version: 1 } as const;

export function startRun<G>(seed: number): GeneticAlgorithmRun<G> {
  return {
    random: createRandom(seed),
    memory: {},
    generation: 0,
    evaluations: 0,
    genomes: [],
    fitness: new Float64Array(0),
    children: undefined,
    best: undefined,
    representatives: [],
  };
}

export function saveRun<G>(
  { encoding, saved }: GeneticAlgorithmSettings<G>,
  run: GeneticAlgorithmRun<G>,
): GeneticAlgorithmState {
  const save = (genome: G) => requireGenome(check, 'save', encoding.save(genome));
  const { children, best } = run;
  const asked = new Set(children?.asked);
  return {
    ...FORMAT,
    encoding: encoding.name,
    options: { ...saved },
    generation: run.generation,
    evaluations: run.evaluations,
    random: run.random.state(),
    memory: { ...run.memory },
    population: run.genomes.map((genome, index) => ({ genome: save(genome), fitness: run.fitness[index]! })),
    children:
      children?.genomes.map((genome, index) => ({
        genome: save(genome),
        fitness: asked.has(index) ? null : children.fitness[index]!,
      })) ?? null,
    best: best === undefined ? null : { ...best, genome: save(best.genome) },
    representatives: run.representatives.map(save),
  };
}

/** @throws RangeError or Error if the state is another algorithm's, of other options, or damaged. */
export function restoreRun<G>(
  settings: GeneticAlgorithmSettings<G>,
  state: GeneticAlgorithmState,
): GeneticAlgorithmRun<G> {
  return restoring(check, 'the state to resume from', () => {
    requireState(settings, state);
    const load = (saved: unknown): G => settings.encoding.load(saved);
    const { best, children } = state;
    return {
      random: restoreRandom(state.random),
      memory: { ...state.memory },
      generation: state.generation,
      evaluations: state.evaluations,
      genomes: state.population.map(({ genome }) => load(genome)),
      fitness: Float64Array.from(state.population, ({ fitness }) => fitness),
      best:
        best === null ? undefined : { genome: load(best.genome), fitness: best.fitness, generation: best.generation },
      representatives: state.representatives.map(load),
      children: children === null ? undefined : restoreChildren(children, load),
    };
  });
}

function restoreChildren<G>(
  children: NonNullable<GeneticAlgorithmState['children']>,
  load: (saved: unknown) => G,
): Children<G> {
  return {
    genomes: children.map(({ genome }) => load(genome)),
    fitness: Float64Array.from(children, ({ fitness }) => fitness ?? 0),
    asked: children.flatMap(({ fitness }, index) => (fitness === null ? [index] : [])),
  };
}

function requireState<G>(settings: GeneticAlgorithmSettings<G>, state: GeneticAlgorithmState): void {
  requireSavedState(check, state, FORMAT);
  const { encoding, saved } = settings;
  if (state.encoding !== encoding.name) {
    fail(`its genomes are ${state.encoding}, but those of the encoding are ${encoding.name}`);
  }
  const difference = differenceOf(state.options, saved);
  if (difference !== undefined) fail(difference);
  const isCount = (value: unknown) => Number.isInteger(value) && (value as number) >= 0;
  if (!isCount(state.generation)) fail(`its generation is ${state.generation}`);
  if (!isCount(state.evaluations)) fail(`its number of evaluations is ${state.evaluations}`);
  requirePopulation(settings, state);
  if (!Array.isArray(state.representatives)) fail('it has no list of representatives');
  if (typeof state.memory !== 'object' || state.memory === null) fail('it has no memory');
  if (state.best !== null && !Number.isFinite(state.best?.fitness)) fail('it has no best individual');
}

function requirePopulation<G>(
  { populationSize, survivors }: GeneticAlgorithmSettings<G>,
  { population, children, best }: GeneticAlgorithmState,
): void {
  if (!Array.isArray(population)) fail('it has no population');
  if (population.length !== populationSize && (population.length > 0 || best !== null)) {
    fail(`it has ${population.length} individuals, but the option populationSize is ${populationSize}`);
  }
  const unknown = population.findIndex(({ fitness }) => !Number.isFinite(fitness));
  if (unknown !== -1) fail(`the fitness of its individual ${unknown} is ${population[unknown]!.fitness}`);
  if (children === null) return;
  if (!Array.isArray(children)) fail('its children are not a list');
  const expected = population.length === 0 ? populationSize : populationSize - survivors;
  if (children.length !== expected) fail(`it has ${children.length} children, but a generation has ${expected}`);
  const wrong = children.findIndex((child) => child?.fitness !== null && !Number.isFinite(child?.fitness));
  if (wrong !== -1) fail(`the fitness of its child ${wrong} is ${children[wrong]?.fitness}`);
}

function fail(reason: string): never {
  return check.failBecause('state', `cannot resume from this state: ${reason}`);
}
