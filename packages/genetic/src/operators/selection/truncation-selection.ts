import { checker, type Random } from '@cnnviz/internal';
import { byFitness, type Goal, requireSelecting } from './selection.ts';

export interface TruncationOptions {
  /** Share of the population that may be drawn, above 0 and at most 1; at least one individual. Default: 0.5. */
  fraction?: number;
  /** Default: `maximize`. */
  goal?: Goal;
}

const check = checker('@cnnviz/genetic', 'truncationSelection');

/**
 * Selects by truncation: only the best `fraction` of the population may be drawn, each equally likely. Where equals
 * straddle the cut, those that come first are in.
 *
 * @param fitness Finite, one per individual.
 * @param count How many to draw, with replacement.
 * @returns Indices of the drawn individuals.
 * @throws RangeError if a fitness is not finite, or an option is outside its range.
 * @see Mühlenbein, Schlierkamp-Voosen, "Predictive models for the breeder genetic algorithm", Evolutionary Computation
 *   1993, https://doi.org/10.1162/evco.1993.1.1.25.
 *
 * @example
 * import { createRandom, truncationSelection } from '@cnnviz/genetic';
 *
 * const random = createRandom(0);
 * const parents = truncationSelection([-5, 0, 7, 9], 10, random, { fraction: 0.5 }); // only 2 and 3
 */
export function truncationSelection(
  fitness: ArrayLike<number>,
  count: number,
  random: Random,
  options: TruncationOptions = {},
): Int32Array {
  requireSelecting(check, fitness, count, random, options);
  const { fraction = 0.5, goal = 'maximize' } = options;
  check.number('fraction', fraction, { above: 0, max: 1 });
  check.oneOf('goal', goal, ['maximize', 'minimize']);
  const eligible = Math.max(1, Math.round(fraction * fitness.length));
  const order = byFitness(fitness, goal);
  return Int32Array.from({ length: count }, () => order[random.integer(eligible)]!);
}
