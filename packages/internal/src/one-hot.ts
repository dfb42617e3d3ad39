import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Marks the class of each row: float32 `[n, classes]` with 1 at the class and 0 elsewhere, and all 0 for a class that
 * does not exist. The result is cast because `tf.oneHot` of the wasm backend writes integers into float32 tensors (4.22).
 */
export function oneHot(labels: Tensor1D, classes: number): Tensor2D {
  return tf.cast(tf.oneHot(labels, classes), 'float32') as Tensor2D;
}
