import type { Optimizer } from '@tensorflow/tfjs-core';
import type { Check } from './check.ts';
import { learningRateOf, setLearningRate } from './optimizer-state.ts';

/**
 * Gives an optimizer the learning rate of each epoch.
 *
 * @param schedule Learning rate by epoch, from 0. Default: the one that the optimizer has.
 * @returns A function that sets the rate of an epoch and returns it.
 */
export function scheduledRate(
  check: Check,
  optimizer: Optimizer,
  schedule?: (epoch: number) => number,
): (epoch: number) => number {
  const own = learningRateOf(check, optimizer);
  if (schedule === undefined) return () => own;
  return (epoch) => {
    const rate = check.number(`schedule(${epoch})`, schedule(epoch), { min: 0 });
    setLearningRate(optimizer, rate);
    return rate;
  };
}
