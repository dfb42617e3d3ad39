import {
  askModel,
  type Batches,
  checker,
  type LabelledImages,
  requireWithin,
  warnOfProbabilities,
} from '@cnnviz/internal';
import type { Scalar, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { requireExamples } from './labelled-images.ts';

/** The mean over a batch of what each example costs: logits `[n, classes]` and labels `[n, classes]` to a scalar. */
export type Loss = (logits: Tensor2D, labels: Tensor2D) => Scalar;

/** Cross-entropy of softmax, in nats. */
export const crossEntropy: Loss = (logits, labels) => tf.losses.softmaxCrossEntropy(labels, logits);

/** What `evaluate` asks of a model: a `Trainable`, or one that answers later, by the rules of `AnyClassifier`. */
export interface Evaluable {
  /** Images `[n, h, w, c]` to logits `[n, classes]`. */
  apply(images: Tensor4D, options: { training: boolean }): Tensor2D | Promise<Tensor2D>;
}

export interface Evaluation {
  /** Mean over all examples. */
  loss: number;
  /** Part of the examples whose largest logit is the label's, from 0 to 1. */
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
 * @throws RangeError if there is no batch or a label has no logit.
 *
 * @example
 * import { evaluate } from '@cnnviz/regularizers';
 *
 * const { loss, accuracy } = await evaluate(trainable, [{ images, labels }]);
 */
export async function evaluate(
  model: Evaluable,
  batches: Batches<LabelledImages>,
  options: { loss?: Loss; signal?: AbortSignal | undefined } = {},
): Promise<Evaluation> {
  const check = checker('@cnnviz/regularizers', 'evaluate');
  const lossOf = check.callable('loss', options.loss ?? crossEntropy);
  let [examples, loss, correct] = [0, 0, 0];
  for await (const batch of batches) {
    options.signal?.throwIfAborted();
    const count = requireExamples(check, batch);
    let classes = 0;
    const apply = (images: Tensor4D) => model.apply(images, { training: false });
    const measured = await askModel(apply, batch.images, (logits) => {
      classes = logits.shape[1];
      if (lossOf === crossEntropy) warnOfProbabilities(check, model, logits);
      const labels = tf.cast(tf.oneHot(batch.labels, classes), 'float32') as Tensor2D;
      return tf.stack([lossOf(logits, labels), correctOf(logits, labels)]);
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

/** How many of the largest logits are at the largest label. */
export function correctOf(logits: Tensor2D, labels: Tensor2D): Scalar {
  return tf.sum(tf.cast(tf.equal(tf.argMax(logits, 1), tf.argMax(labels, 1)), 'float32'));
}
