import { type FoolingScore, sigmoid } from './ascend-targets.ts';

/** The step, from 0 (the noise itself), at which each target first was …, or null if it never was. */
export interface FirstSteps {
  /** … more likely than every other class. */
  majority: (number | null)[];
  /** … above this probability. */
  '0.99': (number | null)[];
  '0.999': (number | null)[];
  '0.9999': (number | null)[];
}

/** Follows the best image of each target and the first step at each level. */
export function trackTargets(count: number) {
  const never = (): (number | null)[] => Array(count).fill(null);
  const best: number[] = Array(count).fill(Number.NEGATIVE_INFINITY);
  const confidences: number[] = Array(count).fill(0);
  const bestSteps: number[] = Array(count).fill(0);
  const firstSteps: FirstSteps = { majority: never(), '0.99': never(), '0.999': never(), '0.9999': never() };
  /** Notes the scores at a step, and tells which images are the best so far among those that count. */
  const add = (scores: readonly FoolingScore[], counts: readonly boolean[], step: number): boolean[] =>
    scores.map(({ logOdds, margin }, index) => {
      if (!counts[index]) return false;
      const confidence = sigmoid(logOdds);
      if (margin > 0) firstSteps.majority[index] ??= step;
      for (const level of ['0.99', '0.999', '0.9999'] as const) {
        if (confidence > Number(level)) firstSteps[level][index] ??= step;
      }
      if (logOdds <= best[index]!) return false;
      best[index] = logOdds;
      confidences[index] = confidence;
      bestSteps[index] = step;
      return true;
    });
  return { add, confidences, bestSteps, firstSteps };
}
