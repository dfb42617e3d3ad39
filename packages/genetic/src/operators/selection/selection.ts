import type { Check, Random } from '@cnnviz/internal';
import { requireRandom } from '../../genomes/genes.ts';

/** Whether more fitness is better, or less. */
export type Goal = 'maximize' | 'minimize';

/**
 * Chooses parents: from the fitness of each individual to the indices of `count` individuals, drawn with replacement.
 *
 * What every selection operator of this package becomes once its own options are bound.
 */
export type Selection = (fitness: ArrayLike<number>, count: number, random: Random, goal: Goal) => Int32Array;

/**
 * Throws unless an operator has what it needs: fitness, a count, random numbers, and an object of options. The goal that
 * an algorithm gives in their place says nothing to it, so that it would maximize whatever was asked for.
 */
export function requireSelecting(
  check: Check,
  fitness: ArrayLike<number>,
  count: number,
  random: Random,
  options: object,
): void {
  requireFitness(check, fitness, count);
  requireRandom(check, random);
  if (typeof options === 'string') {
    check.fail('type', 'options', `an object, such as { goal: '${options}' }`, options);
  }
  check.options(options);
}

/** Throws unless there is at least one individual and every fitness is a finite number. */
export function requireFitness(check: Check, fitness: ArrayLike<number>, count: number): void {
  check.number('count', count, WHOLE);
  const isList = typeof fitness === 'object' && fitness !== null && typeof fitness.length === 'number';
  if (!isList) check.fail('type', 'fitness', 'a list of numbers', fitness);
  if (fitness.length === 0) check.fail('range', 'fitness', 'the fitness of at least one individual', fitness);
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
