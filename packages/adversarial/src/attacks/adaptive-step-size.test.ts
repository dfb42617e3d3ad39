import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkpointsOf, createStepSize, observeLoss, reviewStepSize } from './adaptive-step-size.ts';

/**
 * The paper's conditions read off the whole history: `losses[0]` is the start's, `losses[k]` that after step k. Gives
 * the step size after each checkpoint.
 */
function plainStepSizes(losses: readonly number[], checkpoints: readonly number[]): number[] {
  const bestUpTo = (step: number) => Math.max(...losses.slice(0, step + 1));
  const sizes = [1];
  for (const [index, checkpoint] of checkpoints.entries()) {
    const last = index === 0 ? 0 : checkpoints[index - 1]!;
    let rises = 0;
    for (let step = last + 1; step <= checkpoint; step++) if (losses[step]! > losses[step - 1]!) rises++;
    const first = rises / (checkpoint - last) <= 0.75;
    const sizeStood = index > 0 && sizes[index] === sizes[index - 1];
    const second = sizeStood && bestUpTo(checkpoint) === bestUpTo(last);
    sizes.push(first || second ? sizes[index]! / 2 : sizes[index]!);
  }
  return sizes.slice(1);
}

function stepSizes(losses: readonly number[], checkpoints: readonly number[]): number[] {
  const stepSize = createStepSize(1, losses[0]!);
  const sizes: number[] = [];
  let last = 0;
  for (const [step, loss] of losses.entries()) {
    if (step > 0) observeLoss(stepSize, loss);
    if (!checkpoints.includes(step)) continue;
    reviewStepSize(stepSize, step - last);
    sizes.push(stepSize.size);
    last = step;
  }
  return sizes;
}

describe('the step size of Auto-PGD', () => {
  test("is reviewed at the paper's checkpoints", () => {
    expect(checkpointsOf(100)).toEqual([22, 41, 57, 70, 80, 87, 93, 99]);
  });

  test('is reviewed after steps of falling number, one at least', () => {
    for (const steps of [1, 2, 10, 33, 250, 1000]) {
      const periods = [0, ...checkpointsOf(steps)].map((step, index, all) => (all[index + 1] ?? steps) - step);
      const complete = periods.slice(0, -1);
      expect(Math.max(...complete)).toBe(complete[0]);
      expect(Math.min(...complete)).toBeGreaterThanOrEqual(1);
      expect(checkpointsOf(steps).at(-1)).toBeLessThanOrEqual(steps);
    }
    expect(checkpointsOf(0)).toEqual([]);
  });

  test('follows the conditions of the paper on any history', () => {
    const rising = fc.array(fc.oneof(fc.constantFrom(1, 1, 1, 1, 0, -1), fc.integer({ min: -3, max: 3 })), {
      minLength: 101,
      maxLength: 101,
    });
    fc.assert(
      fc.property(rising, fc.constantFrom(13, 40, 100), (changes, steps) => {
        let loss = 0;
        const losses = changes.slice(0, steps + 1).map((change) => {
          loss += change;
          return loss;
        });
        const checkpoints = checkpointsOf(steps);
        expect(stepSizes(losses, checkpoints)).toEqual(plainStepSizes(losses, checkpoints));
      }),
    );
  });

  test('is kept while three steps in four and more raise the loss, and halved at exactly three', () => {
    const rises = (many: number) => {
      const stepSize = createStepSize(1, 0);
      for (let step = 0; step < 8; step++) observeLoss(stepSize, step < many ? step + 1 : -1);
      return reviewStepSize(stepSize, 8);
    };
    expect([rises(7), rises(6), rises(0)]).toEqual([false, true, true]);
  });

  test('is halved where neither it nor the best loss changed since the last checkpoint', () => {
    const stepSize = createStepSize(1, 0);
    for (const loss of [1, 2, 3, 4]) observeLoss(stepSize, loss);
    expect(reviewStepSize(stepSize, 4)).toBe(false);
    for (const loss of [-10, -9, -8, -7, -6, -5]) observeLoss(stepSize, loss);
    expect(stepSize.rises / 6).toBeGreaterThan(0.75);
    expect(reviewStepSize(stepSize, 6)).toBe(true);
    for (const loss of [-10, -9, -8, -7, -6, -5]) observeLoss(stepSize, loss);
    expect(reviewStepSize(stepSize, 6), 'halved before').toBe(false);
  });
});
