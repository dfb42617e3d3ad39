/** What Auto-PGD knows of one image: the step size, and what decides when to halve it. Changed in place. */
export interface AdaptiveStepSize {
  size: number;
  bestLoss: number;
  lastLoss: number;
  /** Steps since the last checkpoint that raised the loss. */
  rises: number;
  /** As of the last checkpoint. */
  bestLossThen: number;
  halvedThen: boolean;
}

/**
 * The steps after which Auto-PGD reconsiders its step sizes: 22% of all, then periods that shrink by 3% of all each
 * time, down to 6%.
 */
export function checkpointsOf(steps: number): number[] {
  const part = (share: number) => Math.max(Math.trunc(share * steps), 1);
  const checkpoints: number[] = [];
  let period = part(0.22);
  for (let step = period; step <= steps; step += period) {
    checkpoints.push(step);
    period = Math.max(period - part(0.03), part(0.06));
  }
  return checkpoints;
}

export function createStepSize(size: number, startLoss: number): AdaptiveStepSize {
  return { size, bestLoss: startLoss, lastLoss: startLoss, rises: 0, bestLossThen: startLoss, halvedThen: true };
}

/** Takes note of the loss after a step. @returns Whether it is the best so far. */
export function observeLoss(stepSize: AdaptiveStepSize, loss: number): boolean {
  if (loss > stepSize.lastLoss) stepSize.rises++;
  stepSize.lastLoss = loss;
  if (!(loss > stepSize.bestLoss)) return false;
  stepSize.bestLoss = loss;
  return true;
}

/**
 * At a checkpoint, halves the step size if at most 75% of the steps since the last one raised the loss, or if neither
 * the step size nor the best loss changed from the last checkpoint to this one (which the first cannot tell).
 *
 * @param steps Since the last checkpoint.
 * @returns Whether it was halved: the search then continues from its best point.
 */
export function reviewStepSize(stepSize: AdaptiveStepSize, steps: number): boolean {
  const oscillates = stepSize.rises <= 0.75 * steps;
  const stands = !stepSize.halvedThen && stepSize.bestLossThen >= stepSize.bestLoss;
  const isHalved = oscillates || stands;
  if (isHalved) stepSize.size /= 2;
  stepSize.rises = 0;
  stepSize.bestLossThen = stepSize.bestLoss;
  stepSize.halvedThen = isHalved;
  return isHalved;
}
