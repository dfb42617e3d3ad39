import { oneHot } from '@cnnviz/internal';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

export interface LogOdds {
  /** log(p / (1 - p)) of the class of each row, `[n]`; NaN where that class has no logit. */
  value: Tensor1D;
  /** By how much the logit of the class leads the largest other one, `[n]`: not positive where it is not the prediction. */
  margin: Tensor1D;
}

/**
 * How sure a classifier is of given classes, on the scale that does not saturate.
 *
 * With z the logits and y the class, log(p / (1 - p)) = z_y - log Σ_{j≠y} exp z_j. Cross-entropy, log p, and p itself
 * are functions of it alone, so their gradients are its gradient times (p - 1), (1 - p) and p (1 - p): numbers that
 * underflow in float32 where the network is certain, while the log-odds' own gradient does not.
 *
 * @param logits `[n, classes]`, two classes or more.
 * @param labels `[n]` int32.
 */
export function logOdds(logits: Tensor2D, labels: Tensor1D): LogOdds {
  const { share, others } = split(logits, labels);
  const own: Tensor1D = tf.sum(tf.mul(logits, share), 1);
  return { value: tf.sub(own, tf.logSumExp(others, 1)), margin: tf.sub(own, tf.max(others, 1)) };
}

/** Gradient of the summed {@link logOdds} with respect to the logits, `[n, classes]`. */
export function logOddsGradient(logits: Tensor2D, labels: Tensor1D): Tensor2D {
  const { share, others } = split(logits, labels);
  return tf.sub(share, tf.softmax(others));
}

/** So far below any logit that its exponential is 0. */
const FAR_BELOW = 1e30;

/** 1 at the label and 0 elsewhere, NaN in a row whose label has no logit; and the logits without that of the label. */
function split(logits: Tensor2D, labels: Tensor1D): { share: Tensor2D; others: Tensor2D } {
  const isLabel = oneHot(labels, logits.shape[1]);
  return {
    share: tf.div(isLabel, tf.sum(isLabel, 1, true)),
    others: tf.sub(logits, tf.mul(isLabel, FAR_BELOW)),
  };
}
