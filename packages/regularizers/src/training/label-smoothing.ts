import { checker } from '@cnnviz/internal';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Smooths labels: `(1 - smoothing) · labels + smoothing / classes`, so that no finite logit is ever large enough.
 *
 * @param labels Probability of each class `[n, classes]`, such as one-hot labels. They stay the caller's.
 * @param options `smoothing`: from 0 to 1; the paper's value is 0.1.
 * @returns `[n, classes]`. The caller disposes.
 * @throws RangeError if `smoothing` is outside [0, 1].
 * @see Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", CVPR 2016,
 *   https://arxiv.org/abs/1512.00567.
 *
 * @example
 * import { labelSmoothing } from '@cnnviz/regularizers';
 *
 * const oneHot = tf.cast(tf.oneHot(labels, 10), 'float32') as tf.Tensor2D;
 * const smooth = labelSmoothing(oneHot, { smoothing: 0.1 }); // 0.91 and 0.01
 */
export function labelSmoothing(labels: Tensor2D, options: { smoothing: number }): Tensor2D {
  const check = checker('@cnnviz/regularizers', 'labelSmoothing');
  const [, classes] = check.tensor<tf.Rank.R2>('labels', labels, { rank: 2, dtype: 'float32' }).shape;
  const smoothing = check.number('smoothing', check.options(options).smoothing, { min: 0, max: 1 });
  return tf.tidy(() => tf.add(tf.mul(labels, 1 - smoothing), smoothing / classes));
}
