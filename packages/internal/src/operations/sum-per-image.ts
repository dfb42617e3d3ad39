import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * The sum over the values of each image, `[n]`.
 *
 * Adds up row by row, because the wasm backend adds float32 numbers one by one (4.22): the rounding error then grows with
 * the sum of the sides, and not with their product.
 *
 * @param images `[n, h, w, c]`.
 */
export function sumPerImage(images: Tensor4D): Tensor1D {
  const [count, height, width, channels] = images.shape;
  return tf.tidy(() => tf.sum(tf.sum(tf.reshape(images, [count, height, width * channels]), 2), 1));
}
