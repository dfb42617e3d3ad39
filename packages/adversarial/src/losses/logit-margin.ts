import { oneHot } from '@cnnviz/internal';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * By how much the logit of each label leads the largest other one, z_y - max_{j≠y} z_j, `[n]`, and the gradient of its
 * sum with respect to the logits, `[n, classes]`. Of several largest ones the first counts.
 *
 * @param logits `[n, classes]`, two classes or more.
 * @param labels `[n]` int32, each with a logit.
 */
export function logitMargin(logits: Tensor2D, labels: Tensor1D): { value: Tensor1D; gradient: Tensor2D } {
  const isLabel = oneHot(labels, logits.shape[1]);
  const others = tf.where(tf.cast(isLabel, 'bool'), -3e38, logits);
  const isLargest = oneHot(tf.argMax(others, 1), logits.shape[1]);
  const gradient = tf.sub(isLabel, isLargest) as Tensor2D;
  return { value: tf.sum(tf.mul(logits, gradient), 1), gradient };
}
