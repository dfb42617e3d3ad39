import { checker, type Random } from '@cnnviz/internal';
import { cumulate } from './roulette-selection.ts';
import { requireSelecting } from './selection.ts';
import { type ScalingOptions, selectionWeights } from './selection-weights.ts';

const check = checker('@cnnviz/genetic', 'stochasticUniversalSampling');

/**
 * Selects by stochastic universal sampling: one spin of a wheel with `count` evenly spaced pointers. An individual that should be
 * drawn 2.4 times is drawn 2 or 3 times, never 0 or 10.
 *
 * @param fitness Finite, one per individual.
 * @param count How many to draw.
 * @param options How fitness becomes a share; by default it is the fitness itself.
 * @returns Indices of the drawn individuals, in random order, so that neighbors can be mated.
 * @throws RangeError where the plain wheel is not defined, as `rouletteSelection`.
 * @see Baker, "Reducing bias and inefficiency in the selection algorithm", ICGA 1987.
 *
 * @example
 * import { createRandom, stochasticUniversalSampling } from '@cnnviz/genetic';
 *
 * const random = createRandom(0);
 * stochasticUniversalSampling([1, 2, 3, 4], 10, random).filter((index) => index === 3).length; // 4
 */
export function stochasticUniversalSampling(
  fitness: ArrayLike<number>,
  count: number,
  random: Random,
  options: ScalingOptions = {},
): Int32Array {
  requireSelecting(check, fitness, count, random, options);
  const ends = cumulate(selectionWeights(fitness, options));
  const distance = ends[ends.length - 1]! / count;
  const start = random.uniform();
  const order = random.permutation(count);
  const drawn = new Int32Array(count);
  let individual = 0;
  for (let pointer = 0; pointer < count; pointer++) {
    const point = (start + pointer) * distance;
    while (individual < ends.length - 1 && ends[individual]! <= point) individual++;
    drawn[order[pointer]!] = individual;
  }
  return drawn;
}
