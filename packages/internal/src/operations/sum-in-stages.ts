import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * The sum over all values of a tensor.
 *
 * Adds up one axis after the other, because the wasm backend adds float32 numbers one by one (4.22), and loses a
 * hundredth of a million of them.
 */
export function sumInStages(values: Tensor): Scalar {
  return tf.tidy(() => values.shape.reduceRight<Tensor>((left, _, axis) => tf.sum(left, axis), values) as Scalar);
}
