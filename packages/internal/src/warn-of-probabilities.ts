import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Check } from './check.ts';
import { readDespiteDisposal } from './read-despite-disposal.ts';

/** Each model is looked at once. */
const seen = new WeakSet<object>();

/**
 * Warns on the console if what a model returns as logits looks like probabilities. It looks at the first batch of each
 * model, when its values arrive: a synchronous function can call it, and nothing waits for it.
 *
 * @param model As the caller passed it: a function, or a model in training.
 * @param logits `[n, classes]`. May be disposed at once; no tensor is kept.
 */
export function warnOfProbabilities(check: Check, model: object, logits: Tensor2D): void {
  const [count, classes] = logits.shape;
  if (count === 0 || seen.has(model)) return;
  seen.add(model);
  const warn = (values: ArrayLike<number>) => {
    if (!areProbabilities(values, classes)) return;
    check.warn(
      'the model seems to return probabilities where logits are expected, which hides gradients and lowers confidences: pass classifier(model) of @cnnviz/models, which takes off a softmax at the end, or a model that ends before it',
    );
  };
  // Values that cannot be read are skipped: the code that needs them will report the reason.
  readDespiteDisposal(logits).then(warn, () => {});
}

/** Whether all rows have two values or more, none below 0, that add up to 1, but for rounding. */
export function areProbabilities(values: ArrayLike<number>, classes: number): boolean {
  if (classes < 2) return false;
  for (let start = 0; start < values.length; start += classes) {
    let sum = 0;
    for (let index = start; index < start + classes; index++) {
      const value = values[index]!;
      if (!(value > -ROUNDING)) return false;
      sum += value;
    }
    if (!(Math.abs(sum - 1) < ROUNDING)) return false;
  }
  return values.length > 0;
}

/** As AutoAttack. */
const ROUNDING = 1e-5;
