import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Mean over several axes, which stay with length 1.
 *
 * Some backends add up float32 numbers one by one, and over a whole image at once lose up to a thousandth of the sum.
 * Here one axis follows the other, and what is added up are distances from the first value: the mean of a constant is
 * that constant.
 */
export function meanInStages(values: Tensor, axes: readonly number[]): Tensor {
  return tf.tidy(() => {
    const size = values.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
    const first = tf.slice(
      values,
      values.shape.map(() => 0),
      size,
    );
    const distances = axes.reduceRight<Tensor>((left, axis) => tf.mean(left, axis, true), tf.sub(values, first));
    return tf.add(first, distances);
  });
}
