import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** -1, 0 or 1, and NaN for NaN. By comparison, because `tf.sign` of the wasm backend is 0 up to 1e-7 (4.22). */
export function sign(values: Tensor4D): Tensor4D {
  const isPositive = tf.cast(tf.greater(values, 0), 'float32');
  const isNegative = tf.cast(tf.less(values, 0), 'float32');
  return tf.add(tf.sub(isPositive, isNegative), tf.mul(values, 0));
}
