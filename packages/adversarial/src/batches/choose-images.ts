import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** For each image that of `chosen` or that of `others`, both `[n, h, w, c]`. */
export function chooseImages(isChosen: readonly boolean[], chosen: Tensor4D, others: Tensor4D): Tensor4D {
  if (isChosen.every(Boolean)) return tf.clone(chosen);
  return tf.tidy(() => tf.where(tf.tensor4d([...isChosen], [isChosen.length, 1, 1, 1], 'bool'), chosen, others));
}
