import type { Check, Random } from '@cnnviz/internal';

/** Whether more fitness is better, or less. */
export type Goal = 'maximize' | 'minimize';

/**
 * Chooses parents: from the fitness of each individual to the indices of `count` individuals, drawn with replacement.
 *
 * What every selection operator of this package becomes once its own options are bound.
 */
export type Selection = (fitness: ArrayLike<number>, count: number, random: Random, goal: Goal) => Int32Array;

/** Throws unless there is at least one individual and every fitness is a finite number. */
export function requireFitness(check: Check, fitness: ArrayLike<number>, count: number): void {
  check.number('count', count, WHOLE);
  if (!(fitness?.length > 0)) check.fail('range', 'fitness', 'the fitness of at least one individual', fitness);
  for (let individual = 0; individual < fitness.length; individual++) {
    if (!Number.isFinite(fitness[individual])) {
      check.fail('range', `fitness[${individual}]`, 'a finite number', fitness[individual]);
    }
  }
}

const WHOLE = { integer: true, min: 0 } as const;

/** Indices from the best to the worst; equal ones in the order they came. */
export function byFitness(fitness: ArrayLike<number>, goal: Goal): Int32Array {
  const order = Int32Array.from({ length: fitness.length }, (_, index) => index);
  const sign = goal === 'maximize' ? -1 : 1;
  return order.sort((a, b) => sign * (fitness[a]! - fitness[b]!) || a - b);
}
