import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * -1, 0 or 1, and NaN for NaN. By steps, because `tf.sign` of the wasm backend is 0 up to 1e-7, and its comparisons take
 * 20 times as long (4.22).
 */
export function sign(values: Tensor4D): Tensor4D {
  return tf.tidy(() => {
    const signs = tf.sub(tf.step(values), tf.step(tf.mul(values, -1)));
    return tf.add(signs, tf.mul(values, 0));
  });
}
