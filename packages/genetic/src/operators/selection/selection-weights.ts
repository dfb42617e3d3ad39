import { checker } from '@cnnviz/internal';
import { type Goal, requireFitness } from './selection.ts';

/**
 * How fitness becomes the share of the roulette wheel.
 *
 * - `none`: the fitness itself (Holland). Needs fitness >= 0 with a positive total, and a goal to maximize.
 * - `window`: how much better than the worst. The worst is never drawn.
 * - `linear`: Goldberg's linear scaling, the best drawn `pressure` times as often as the average; where that would make
 *   the worst negative, the line through the average that gives the worst 0.
 * - `sigma`: 1 + (fitness - mean) / (2 deviations), at least 0.1 (Forrest; the floor is Mitchell's).
 */
export type Scaling = 'none' | 'window' | 'linear' | 'sigma';

export interface ScalingOptions {
  /** Default: `maximize`. */
  goal?: Goal;
  /** Default: `none`, the textbook's wheel. */
  scaling?: Scaling;
  /** For `linear`: how often the best is drawn, relative to the average, from 1 to 10. Default: 2, Goldberg's. */
  pressure?: number;
}

const check = checker('@cnnviz/genetic', 'selectionWeights');

/**
 * Turns fitness into shares of the roulette wheel, not normalized.
 *
 * With every scaling but `none`, individuals of equal fitness everywhere get equal shares.
 *
 * @param fitness Finite, one per individual.
 * @returns Weights >= 0 with a positive total.
 * @throws RangeError if `scaling` is `none` and a fitness is negative, all are 0, or the goal is to minimize.
 * @see Goldberg, "Genetic Algorithms in Search, Optimization, and Machine Learning", 1989, chapter 4.
 * @see Mitchell, "An Introduction to Genetic Algorithms", 1996, https://doi.org/10.7551/mitpress/3927.001.0001, section
 *   5.4.
 *
 * @example
 * import { selectionWeights } from '@cnnviz/genetic';
 *
 * selectionWeights([-1, 2, 3, 4], { scaling: 'window' }); // 0, 3, 4, 5
 */
export function selectionWeights(fitness: ArrayLike<number>, options: ScalingOptions = {}): Float64Array {
  const { goal = 'maximize', scaling = 'none', pressure = 2 } = check.options(options);
  requireFitness(check, fitness, 0);
  check.oneOf('goal', goal, ['maximize', 'minimize']);
  check.oneOf('scaling', scaling, ['none', 'window', 'linear', 'sigma']);
  check.number('pressure', pressure, { min: 1, max: 10 });
  if (scaling === 'none') return plainWeights(fitness, goal);

  const merit = Float64Array.from(fitness, (value) => (goal === 'maximize' ? value : -value));
  const { best, worst, mean, deviation } = summarize(merit);
  if (best === worst) return merit.fill(1);
  switch (scaling) {
    case 'window':
      return merit.map((value) => value - worst);
    case 'linear': {
      const slope = Math.min((pressure - 1) / (best - mean), 1 / (mean - worst));
      return merit.map((value) => Math.max(0, 1 + slope * (value - mean)));
    }
    case 'sigma':
      return merit.map((value) => Math.max(0.1, 1 + (value - mean) / (2 * deviation)));
  }
}

function plainWeights(fitness: ArrayLike<number>, goal: Goal): Float64Array {
  const remedy = "set scaling to 'window', 'linear' or 'sigma'";
  if (goal === 'minimize') {
    check.failBecause('range', `fitness to be minimized has no share of a plain wheel: ${remedy}`);
  }
  let total = 0;
  for (let individual = 0; individual < fitness.length; individual++) {
    const value = fitness[individual]!;
    if (value < 0) check.failBecause('range', `fitness[${individual}] is negative, ${value}: ${remedy}`);
    total += value;
  }
  if (!(total > 0)) check.failBecause('range', `fitness adds up to ${total}, so that the wheel is empty: ${remedy}`);
  return Float64Array.from(fitness);
}

function summarize(values: Float64Array): { best: number; worst: number; mean: number; deviation: number } {
  let best = Number.NEGATIVE_INFINITY;
  let worst = Number.POSITIVE_INFINITY;
  let sum = 0;
  for (const value of values) {
    best = Math.max(best, value);
    worst = Math.min(worst, value);
    sum += value;
  }
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return { best, worst, mean, deviation: Math.sqrt(squares / values.length) };
}
