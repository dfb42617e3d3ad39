import { checker, type Random } from '@cnnviz/internal';
import { cumulate, firstAbove } from './roulette-selection.ts';
import { byFitness, type Goal, requireSelecting } from './selection.ts';

export interface RankOptions {
  /** How often the best is drawn relative to the average, from 1 (no selection) to 2 (the worst is never drawn). Default: 1.5. */
  pressure?: number;
  /** Default: `maximize`. */
  goal?: Goal;
}

const check = checker('@cnnviz/genetic', 'rankSelection');

/**
 * Selects by linear ranking: the probability of being drawn falls linearly from the best to the worst, whatever the
 * distances between them.
 * Individuals of equal fitness share the average of their ranks.
 *
 * @param fitness Finite, one per individual.
 * @param count How many to draw, with replacement.
 * @returns Indices of the drawn individuals.
 * @throws RangeError if a fitness is not finite, or an option is outside its range.
 * @see Baker, "Adaptive selection methods for genetic algorithms", ICGA 1985.
 *
 * @example
 * import { createRandom, rankSelection } from '@cnnviz/genetic';
 *
 * const random = createRandom(0);
 * const parents = rankSelection([-5, 0, 7], 10, random, { pressure: 2 }); // never index 0
 */
export function rankSelection(
  fitness: ArrayLike<number>,
  count: number,
  random: Random,
  options: RankOptions = {},
): Int32Array {
  requireSelecting(check, fitness, count, random, options);
  const { pressure = 1.5, goal = 'maximize' } = options;
  check.number('pressure', pressure, { min: 1, max: 2 });
  check.oneOf('goal', goal, ['maximize', 'minimize']);

  const ends = cumulate(rankWeights(fitness, goal, pressure));
  const total = ends[ends.length - 1]!;
  const drawn = new Int32Array(count);
  for (let draw = 0; draw < count; draw++) drawn[draw] = firstAbove(ends, random.uniform() * total);
  return drawn;
}

function rankWeights(fitness: ArrayLike<number>, goal: Goal, pressure: number): Float64Array {
  const order = byFitness(fitness, goal);
  const last = Math.max(1, order.length - 1);
  const weights = new Float64Array(order.length);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && fitness[order[end]!] === fitness[order[start]!]) end++;
    const rank = (start + end - 1) / 2;
    for (let place = start; place < end; place++) {
      weights[order[place]!] = order.length === 1 ? 1 : pressure - (2 * (pressure - 1) * rank) / last;
    }
    start = end;
  }
  return weights;
}
