import { checker, type Random } from '@cnnviz/internal';
import { type Goal, requireSelecting } from './selection.ts';

export interface TournamentOptions {
  /** Individuals that compete for one place, drawn with replacement. Default: 3, as in DEAP's OneMax. */
  size?: number;
  /** Default: `maximize`. */
  goal?: Goal;
}

const check = checker('@cnnviz/genetic', 'tournamentSelection');
const SIZE = { integer: true, min: 1 } as const;

/**
 * Selects by tournaments: the best of `size` individuals drawn at random wins a place; among equals, the one drawn first.
 * Only the order of fitness matters, so that any sign and scale will do.
 *
 * @param fitness Finite, one per individual.
 * @param count Number of places.
 * @returns Indices of the winners.
 * @throws RangeError if a fitness is not finite, or an option is outside its range.
 * @see Goldberg, Deb, "A comparative analysis of selection schemes used in genetic algorithms", FOGA 1991,
 *   https://doi.org/10.1016/B978-0-08-050684-5.50008-2.
 *
 * @example
 * import { createRandom, tournamentSelection } from '@cnnviz/genetic';
 *
 * const random = createRandom(0);
 * const parents = tournamentSelection([-5, 0, 7], 10, random, { size: 2 });
 */
export function tournamentSelection(
  fitness: ArrayLike<number>,
  count: number,
  random: Random,
  options: TournamentOptions = {},
): Int32Array {
  requireSelecting(check, fitness, count, random, options);
  const { size = 3, goal = 'maximize' } = options;
  check.number('size', size, SIZE);
  check.oneOf('goal', goal, ['maximize', 'minimize']);
  const sign = goal === 'maximize' ? 1 : -1;
  const winners = new Int32Array(count);
  for (let place = 0; place < count; place++) {
    let winner = random.integer(fitness.length);
    for (let draw = 1; draw < size; draw++) {
      const rival = random.integer(fitness.length);
      if (sign * fitness[rival]! > sign * fitness[winner]!) winner = rival;
    }
    winners[place] = winner;
  }
  return winners;
}
