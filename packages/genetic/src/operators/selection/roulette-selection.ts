import { checker, type Random } from '@cnnviz/internal';
import { requireSelecting } from './selection.ts';
import { type ScalingOptions, selectionWeights } from './selection-weights.ts';

const check = checker('@cnnviz/genetic', 'rouletteSelection');

/**
 * Selects by roulette wheel, in proportion to fitness: each draw takes an individual with probability proportional to its
 * share of the wheel.
 *
 * @param fitness Finite, one per individual.
 * @param count How many to draw, with replacement.
 * @param options How fitness becomes a share; by default it is the fitness itself.
 * @returns Indices of the drawn individuals, in the order drawn.
 * @throws RangeError where the plain wheel is not defined (negative fitness, a total of 0, a goal to minimize), with the
 *   option that defines it.
 * @see Holland, "Adaptation in Natural and Artificial Systems", 1975, https://doi.org/10.7551/mitpress/1090.001.0001.
 *
 * @example
 * import { createRandom, rouletteSelection } from '@cnnviz/genetic';
 *
 * const random = createRandom(0);
 * const parents = rouletteSelection([1, 2, 3, 4], 10, random); // index 3 in four of ten draws on average
 */
export function rouletteSelection(
  fitness: ArrayLike<number>,
  count: number,
  random: Random,
  options: ScalingOptions = {},
): Int32Array {
  requireSelecting(check, fitness, count, random, options);
  const ends = cumulate(selectionWeights(fitness, options));
  const total = ends[ends.length - 1]!;
  const drawn = new Int32Array(count);
  for (let draw = 0; draw < count; draw++) drawn[draw] = firstAbove(ends, random.uniform() * total);
  return drawn;
}

/** Where each share of the wheel ends: running totals. */
export function cumulate(weights: Float64Array): Float64Array {
  let total = 0;
  return weights.map((weight) => {
    total += weight;
    return total;
  });
}

/** First index whose running total is above `point`: shares are half-open, and an empty one is never met. */
export function firstAbove(ends: Float64Array, point: number): number {
  let low = 0;
  let high = ends.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[middle]! > point) high = middle;
    else low = middle + 1;
  }
  return low;
}
