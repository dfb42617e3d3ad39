import {
  askModel,
  type Batches,
  type Check,
  checker,
  type LabeledImages,
  oneHot,
  requireBatches,
  requireLongWork,
  requireWithin,
  warnOfProbabilities,
} from '@cnnviz/internal';
import type { Scalar, Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { requireExamples } from './labeled-images.ts';

/** The mean over a batch of what each example costs: logits `[n, classes]` and labels `[n, classes]` to a scalar. */
export type Loss = (logits: Tensor2D, labels: Tensor2D) => Scalar;

/** Cross-entropy of softmax, in nats. */
export const crossEntropy: Loss = (logits, labels) => tf.div(tf.sum(crossEntropies(logits, labels)), logits.shape[0]);

/**
 * Of each example. As tfjs computes it, but where a label is 0 its logarithm is left out: of a class that is masked out,
 * with a logit of -Infinity, 0 times it is NaN.
 */
const crossEntropies = tf.customGrad((...inputs) => {
  const [logits, labels, save] = inputs as [Tensor2D, Tensor2D, tf.GradSaveFunc];
  const logarithms = tf.sub(logits, tf.logSumExp(logits, 1, true));
  save([labels, logarithms]);
  const costs = tf.where(tf.equal(labels, 0), tf.zerosLike(labels), tf.neg(tf.mul(logarithms, labels)));
  const gradFunc = (dy: Tensor, saved: Tensor[]) => {
    const slope = tf.mul(tf.expandDims(dy, 1), tf.sub(tf.exp(saved[1]!), saved[0]!));
    return [slope, tf.neg(slope)];
  };
  return { value: tf.sum(costs, 1), gradFunc };
});

/** What `evaluate` asks of a model: a `Trainable`, or one that answers later, by the rules of `AnyClassifier`. */
export interface Evaluable {
  /** Images `[n, h, w, c]` to logits `[n, classes]`. */
  apply(images: Tensor4D, options: { training: boolean }): Tensor2D | Promise<Tensor2D>;
}

export interface Evaluation {
  /** Mean over all examples. */
  loss: number;
  /** Part of the examples whose largest logit is the label's, from 0 to 1. One with a logit of NaN is none of them. */
  accuracy: number;
  examples: number;
}

/**
 * Loss and accuracy of a model that is not training.
 *
 * @param model Answers at once or later.
 * @param batches Images `[n, h, w, c]` as the model takes them, and labels `[n]` int32.
 * @param options `loss`: default the cross-entropy of softmax, for which the model has to return logits. It warns once of
 *   one that seems to return probabilities.
 * @throws RangeError if there is no batch, a label has no logit, or the model gives fewer than two logits.
 * @throws TypeError if the model or the loss gives something else than logits and a scalar.
 *
 * @example
 * import { evaluate } from '@cnnviz/regularizers';
 *
 * const { loss, accuracy } = await evaluate(trainable, [{ images, labels }]);
 */
export async function evaluate(
  model: Evaluable,
  batches: Batches<LabeledImages>,
  options: { loss?: Loss; signal?: AbortSignal | undefined } = {},
): Promise<Evaluation> {
  const check = checker('@cnnviz/regularizers', 'evaluate');
  requireApplicable(check, 'model', model);
  requireBatches(check, 'batches', batches);
  const lossOf = check.callable('loss', check.options(options).loss ?? crossEntropy);
  requireLongWork(check, options);
  let [examples, loss, correct] = [0, 0, 0];
  for await (const batch of batches) {
    options.signal?.throwIfAborted();
    const count = requireExamples(check, batch);
    let classes = 0;
    const apply = (images: Tensor4D) => model.apply(images, { training: false });
    const measured = await askModel(apply, batch.images, (logits) => {
      classes = requireLogits(check, logits, count).shape[1];
      if (lossOf === crossEntropy) warnOfProbabilities(check, model, logits);
      const labels = oneHot(batch.labels, classes);
      return tf.stack([requireScalar(check, 'loss', lossOf(logits, labels)), correctOf(logits, labels)]);
    });
    try {
      await requireWithin(check, 'labels', batch.labels, [0, classes - 1]);
      const [batchLoss, batchCorrect] = await measured.data();
      loss += batchLoss! * count;
      correct += batchCorrect!;
      examples += count;
    } finally {
      measured.dispose();
    }
  }
  if (examples === 0) check.fail('range', 'batches', 'at least one batch', []);
  return { loss: loss / examples, accuracy: correct / examples, examples };
}

/** How many of the largest logits are at the largest label. Where a logit is NaN, none is the largest. */
export function correctOf(logits: Tensor2D, labels: Tensor2D): Scalar {
  const isCorrect = tf.equal(tf.argMax(logits, 1), tf.argMax(labels, 1));
  const isOrdered = tf.logicalNot(tf.any(tf.isNaN(logits), 1));
  return tf.sum(tf.cast(tf.logicalAnd(isCorrect, isOrdered), 'float32'));
}

/** Throws unless it is an object with `apply`: a function has one too, which calls it with other arguments. */
export function requireApplicable(check: Check, name: string, model: Evaluable): void {
  if (typeof model === 'function' && !Object.hasOwn(model, 'apply')) {
    check.fail('type', name, 'an object with apply and variables', model);
  }
  check.callable(`${name}.apply`, model?.apply);
}

/** Throws unless there are logits of two or more classes for each image. Of one class every image is. */
export function requireLogits(check: Check, logits: Tensor2D, count: number): Tensor2D {
  const what = 'what model.apply returns';
  const [rows, classes] = check.tensor<tf.Rank.R2>(what, logits, { rank: 2, dtype: 'float32' }).shape;
  if (rows !== count || classes < 2) check.fail('range', what, `logits [${count}, 2 or more classes]`, logits);
  return logits;
}

export function requireScalar(check: Check, name: string, value: Scalar): Scalar {
  const scalar: Tensor = check.tensor(`what ${name} returns`, value, { rank: 0 });
  return scalar.dtype === 'float32' ? value : tf.cast(value, 'float32');
}
