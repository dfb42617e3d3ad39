import { checker, createRandom } from '@cnnviz/internal';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

export interface CorruptLabelsOptions {
  /** Probability with which each label is redrawn, from 0 to 1; 1 makes all labels random. */
  probability: number;
  /** Number of classes to draw from, >= 2. */
  classes: number;
  /** Default: 0. */
  seed?: number;
}

/**
 * Replaces labels by random ones: each, with a given probability, by a class drawn uniformly from all classes, the true
 * one included. A fraction `probability · (classes - 1) / classes` of the labels becomes wrong.
 *
 * Corrupt the labels once, before training, and only those of the training set: labels that change in each epoch cannot
 * be memorized, and a test set with wrong labels measures nothing.
 *
 * @param labels `[n]` int32. Still the caller's.
 * @returns `[n]` int32. The caller disposes.
 * @throws RangeError if `probability` is outside [0, 1] or `classes` is below 2.
 * @see Zhang, Bengio, Hardt, Recht, Vinyals, "Understanding deep learning requires rethinking generalization", ICLR
 *   2017, https://arxiv.org/abs/1611.03530, section 2.
 *
 * @example
 * import { corruptLabels } from '@cnnviz/regularizers';
 *
 * const randomLabels = corruptLabels(labels, { probability: 1, classes: 10, seed: 0 });
 */
export function corruptLabels(labels: Tensor1D, options: CorruptLabelsOptions): Tensor1D {
  const check = checker('@cnnviz/regularizers', 'corruptLabels');
  const [count] = check.tensor<tf.Rank.R1>('labels', labels, { rank: 1, dtype: 'int32' }).shape;
  const probability = check.number('probability', check.options(options).probability, { min: 0, max: 1 });
  const classes = check.number('classes', options.classes, { integer: true, min: 2 });
  const { seed = 0 } = options;
  const random = createRandom(check.seed('seed', seed));
  const isDrawn = new Uint8Array(count);
  const drawn = new Int32Array(count);
  for (let index = 0; index < count; index++) {
    // Both are drawn for each label, so that a larger probability draws the same and more.
    isDrawn[index] = Number(random.uniform() < probability);
    drawn[index] = random.integer(classes);
  }
  return tf.tidy(() => tf.where(tf.tensor1d(isDrawn, 'bool'), tf.tensor1d(drawn, 'int32'), labels));
}
