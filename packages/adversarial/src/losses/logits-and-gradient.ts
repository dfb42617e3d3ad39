import type { AnyClassifier, Check } from '@cnnviz/internal';
import { askAtOnce, disposeTapeOnThrow, requireOutput, warnOfProbabilities } from '@cnnviz/internal';
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

export interface LogitsAndGradient {
  /** `[n, classes]`. */
  logits: Tensor2D;
  /** `[n, h, w, c]`: for each image the gradient of its own loss. */
  gradient: Tensor4D;
}

/**
 * One forward and one backward pass.
 *
 * The loss is given by its gradient with respect to the logits, in closed form: no loss needs to be differentiable by
 * tfjs (a top-k is not), and none loses its gradient to rounding inside a softmax.
 *
 * Warns once for each model whose logits look like probabilities.
 *
 * @param lossGradient Logits `[n, classes]` to the gradient of the summed loss, `[n, classes]`.
 * @throws TypeError if the model answers with a promise, or not with `[n, classes]` of two classes or more.
 */
export function logitsAndGradient(
  check: Check,
  model: AnyClassifier,
  images: Tensor4D,
  lossGradient: (logits: Tensor2D) => Tensor2D,
): LogitsAndGradient {
  const injectLossGradient = tf.customGrad<Tensor2D>((logits, save) => {
    (save as (tensors: Tensor[]) => void)([logits as Tensor2D]);
    const gradFunc = (_: Tensor2D, saved: Tensor[]) => lossGradient(saved[0] as Tensor2D);
    return { value: tf.clone(logits as Tensor2D), gradFunc };
  });
  const logitsOf = (input: Tensor4D) =>
    injectLossGradient(checkLogits(check, askAtOnce(check, model, input), images.shape[0]));
  const { value, grad } = disposeTapeOnThrow(() => tf.valueAndGrad(logitsOf)(images));
  warnOfProbabilities(check, model, value);
  return { logits: value, gradient: grad };
}

/** @throws TypeError if a model's output is not float32 `[count, 2 or more]`. */
export function checkLogits(check: Check, logits: unknown, count: number): Tensor2D {
  const expected = `a function from images to logits [${count}, 2 or more]`;
  return requireOutput(check, 'model', expected, logits, ({ rank, shape }) => {
    return rank === 2 && shape[0] === count && shape[1]! >= 2;
  });
}
