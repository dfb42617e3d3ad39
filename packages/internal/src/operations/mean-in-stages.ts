import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * The mean over several axes, which are kept with length 1.
 *
 * Goes through one axis after the other, because the wasm backend adds float32 numbers one by one (4.22), and over a
 * whole image loses up to a thousandth of the sum. Adds distances from the first value, so that the mean of a constant is
 * exactly that constant.
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
