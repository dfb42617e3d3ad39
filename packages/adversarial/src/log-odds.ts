import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { oneHot } from './one-hot.ts';

export type LogOdds = {
  /** log(p / (1 - p)) of the class of each row, `[n]`; NaN where that class has no logit. */
  value: Tensor1D;
  /** By how much the logit of the class leads the largest other one, `[n]`: not positive where it is not the prediction. */
  margin: Tensor1D;
  /** Gradient of the summed `value` with respect to the logits, `[n, classes]`. */
  gradient: Tensor2D;
};

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
  const isLabel = oneHot(labels, logits.shape[1]);
  const isOther = tf.sub(1, isLabel);
  // 0 / 0 for a label without a logit.
  const own = tf.div(tf.sum(tf.mul(logits, isLabel), 1, true), tf.sum(isLabel, 1, true));

  const others = tf.where(tf.cast(isLabel, 'bool'), tf.min(logits, 1, true), logits);
  const largest = tf.max(others, 1, true);
  const exponentials = tf.mul(tf.exp(tf.sub(others, largest)), isOther);
  const total = tf.sum(exponentials, 1, true);
  const value = tf.sub(own, tf.add(largest, tf.log(total)));
  return {
    value: tf.squeeze(value, [1]),
    margin: tf.squeeze(tf.sub(own, largest), [1]),
    gradient: tf.add(tf.sub(isLabel, tf.div(exponentials, total)), tf.mul(value, 0)),
  };
}
