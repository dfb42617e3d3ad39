import type { Classifier } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Makes a classifier with the logits W x + b of the flattened pixels x.
 *
 * @param weights One row of pixel weights per class.
 * @param bias One number per class.
 */
export function linearClassifier(weights: readonly (readonly number[])[], bias: readonly number[]): Classifier {
  const pixels = weights[0]?.length ?? 0;
  return (images) =>
    tf.tidy(() => {
      const flat = tf.reshape(images, [images.shape[0], pixels]);
      const matrix = tf.tensor2d(weights.flat(), [weights.length, pixels]);
      return tf.add(tf.matMul(flat, matrix, false, true), tf.tensor1d([...bias]));
    });
}

/** The loss and gradients of a linear classifier for one image, in float64. */
export interface LinearClosedForm {
  logits(pixels: ArrayLike<number>): number[];
  probabilities(pixels: ArrayLike<number>): number[];
  /** -log of the label's probability. */
  crossEntropy(pixels: ArrayLike<number>, label: number): number;
  /** Gradient of the cross-entropy with respect to the pixels: Wᵀ (probabilities - one-hot). */
  crossEntropyGradient(pixels: ArrayLike<number>, label: number): number[];
  /** Gradient of one logit with respect to the pixels: a row of W. */
  logitGradient(label: number): number[];
}

export function linearClosedForm(weights: readonly (readonly number[])[], bias: readonly number[]): LinearClosedForm {
  const logits = (pixels: ArrayLike<number>) =>
    weights.map((row, label) => row.reduce((sum, weight, pixel) => sum + weight * pixels[pixel]!, bias[label]!));
  const logPartition = (values: number[]) => {
    const largest = Math.max(...values);
    return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
  };
  const probabilities = (pixels: ArrayLike<number>) => {
    const values = logits(pixels);
    const partition = logPartition(values);
    return values.map((value) => Math.exp(value - partition));
  };
  return {
    logits,
    probabilities,
    crossEntropy: (pixels, label) => {
      const values = logits(pixels);
      return logPartition(values) - values[label]!;
    },
    crossEntropyGradient: (pixels, label) => {
      const errors = probabilities(pixels).map((probability, other) => probability - (other === label ? 1 : 0));
      return weights[0]!.map((_, pixel) =>
        errors.reduce((sum, error, other) => sum + error * weights[other]![pixel]!, 0),
      );
    },
    logitGradient: (label) => [...weights[label]!],
  };
}
