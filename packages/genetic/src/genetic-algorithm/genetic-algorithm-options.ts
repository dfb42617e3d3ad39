import { checker } from '@cnnviz/internal';
import { type Encoding, requireEncoding } from '../encodings/encoding.ts';
import { PROBABILITY, requireCount } from '../genomes/genes.ts';
import { type SavedOptions, savedOptions } from '../genomes/saved-options.ts';
import type { Goal, Selection } from '../operators/selection/selection.ts';
import { tournamentSelection } from '../operators/selection/tournament-selection.ts';
import type { GeneticAlgorithmState } from './genetic-algorithm-state.ts';

export interface GeneticAlgorithmOptions<G> {
  /** What a genome is, and how it is made, crossed and mutated. */
  encoding: Encoding<G>;
  /** Individuals per generation, 2 or more. */
  populationSize: number;
  /** A whole number >= 0. Not used when resuming. Default: 0. */
  seed?: number;
  /** Whether more fitness is better. Default: `maximize`. */
  goal?: Goal;
  /** Default: tournaments of 3, as in DEAP's OneMax. */
  selection?: Selection;
  /** Probability that a pair of parents is crossed rather than copied. Default: 0.5, DEAP's OneMax. */
  crossoverRate?: number;
  /** Probability that an individual mutates; the encoding decides how much of it. Default: 0.2, DEAP's OneMax. */
  mutationRate?: number;
  /**
   * - `generational`: children replace all but the `elites` best.
   * - `steady-state`: each generation has `offspring` children, which replace the worst.
   *
   * Default: `generational`.
   */
  replacement?: 'generational' | 'steady-state';
  /** For `generational`: how many of the best survive unchanged. Default: 0, as in DEAP. */
  elites?: number;
  /** For `steady-state`: children per generation. Default: 2, a pair. */
  offspring?: number;
  /**
   * NEAT's protection of innovation: individuals mate only within their species, whose members share their fitness.
   * `threshold` is the distance at which a new species begins. Needs an even number of children. Default: no species.
   */
  speciation?: { threshold: number };
  /** What `state()` gave; needs the same options. Default: starts from random genomes. */
  resume?: GeneticAlgorithmState;
}

/** The options of a genetic algorithm, checked and with their defaults. */
export interface GeneticAlgorithmSettings<G> {
  encoding: Encoding<G>;
  populationSize: number;
  goal: Goal;
  /** Its choice is checked. */
  select: Selection;
  crossoverRate: number;
  mutationRate: number;
  /** How many individuals the next generation takes over. */
  survivors: number;
  speciesThreshold: number | undefined;
  /** What a saved state has to agree with. */
  saved: SavedOptions;
}

export const check = checker('@cnnviz/genetic', 'GeneticAlgorithm');

/** Checks the options and fills in the defaults. */
export function resolveOptions<G>(options: GeneticAlgorithmOptions<G>): GeneticAlgorithmSettings<G> {
  const encoding = requireEncoding(check, check.options(options).encoding);
  const populationSize = requireCount(check, 'populationSize', options.populationSize, 2);
  const goal = check.oneOf('goal', options.goal ?? 'maximize', ['maximize', 'minimize']);
  const select = checkedSelection(check.callable('selection', options.selection ?? tournaments));
  const crossoverRate = check.number('crossoverRate', options.crossoverRate ?? 0.5, PROBABILITY);
  const mutationRate = check.number('mutationRate', options.mutationRate ?? 0.2, PROBABILITY);
  const { replacement, elites, offspring } = replacementOf(options, populationSize);
  const survivors = replacement === 'generational' ? elites : populationSize - offspring;
  const speciesThreshold = speciesThresholdOf(options, populationSize - survivors);
  const own = {
    goal,
    // One selection function cannot be told from another.
    selection: options.selection === undefined ? 'default' : 'own',
    crossoverRate,
    mutationRate,
    replacement,
    ...(replacement === 'generational' ? { elites } : { offspring }),
    'speciation.threshold': speciesThreshold ?? null,
  };
  const saved = savedOptions(own, { encoding });
  return {
    encoding,
    populationSize,
    goal,
    select,
    crossoverRate,
    mutationRate,
    survivors,
    speciesThreshold,
    saved,
  };
}

const tournaments: Selection = (fitness, count, random, goal) => tournamentSelection(fitness, count, random, { goal });

/** A selection that the caller wrote may modify the fitness, or choose individuals that do not exist. */
function checkedSelection(selection: Selection): Selection {
  return (fitness, count, random, goal) => {
    const chosen = selection(Float64Array.from(fitness), count, random, goal);
    const isIndex = (index: number) => Number.isInteger(index) && index >= 0 && index < fitness.length;
    const isChoice = chosen?.length === count && Array.from(chosen).every(isIndex);
    if (!isChoice) check.fail('state', 'selection', `a function to ${count} indices below ${fitness.length}`, chosen);
    return chosen;
  };
}

function replacementOf<G>(options: GeneticAlgorithmOptions<G>, populationSize: number) {
  const { elites = 0, offspring = 2 } = options;
  const replacement = check.oneOf('replacement', options.replacement ?? 'generational', [
    'generational',
    'steady-state',
  ]);
  check.number('elites', elites, { integer: true, min: 0, max: populationSize - 1 });
  check.number('offspring', offspring, { integer: true, min: 1, max: populationSize });
  return { replacement, elites, offspring };
}

function speciesThresholdOf<G>(options: GeneticAlgorithmOptions<G>, children: number): number | undefined {
  const { speciation, encoding } = options;
  if (speciation === undefined) return undefined;
  check.number('speciation.threshold', check.options(speciation, 'speciation').threshold, { above: 0 });
  if (typeof encoding.distance !== 'function') {
    check.fail('type', 'encoding', 'one with a distance, for speciation', encoding.name);
  }
  if (children % 2 !== 0) check.fail('range', 'children per generation', 'even for speciation', children);
  return speciation.threshold;
}
