import { checker, sumInStages } from '@cnnviz/internal';
import type { Scalar, Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { chosenWeights, type WeightChoice } from './is-weight.ts';
import { magnitude } from './magnitude.ts';

export interface ElasticNetPenaltyOptions {
  /** Factor of the sum of magnitudes, >= 0. */
  l1: number;
  /** Factor of the sum of squares, >= 0, in Keras's convention: no half. */
  l2: number;
  /** Default: `isWeight`, kernels but no biases and no parameters of batch normalization. */
  penalize?: WeightChoice;
}

/**
 * Elastic net: `l1 · Σ|w| + l2 · Σw²`, as Keras's `L1L2`.
 *
 * @param variables The trainable variables of a model. Still the caller's.
 * @returns A scalar to add to the loss, differentiable. The caller disposes, or `tf.tidy` does.
 * @throws RangeError if a factor is negative or `penalize` chooses no variable.
 * @see Zou, Hastie, "Regularization and Variable Selection via the Elastic Net", JRSS B 67(2), 2005,
 *   https://doi.org/10.1111/j.1467-9868.2005.00503.x.
 *
 * @example
 * import { elasticNetPenalty } from '@cnnviz/regularizers';
 *
 * const penalty = elasticNetPenalty(variables, { l1: 1e-5, l2: 1e-4 });
 */
export function elasticNetPenalty(variables: readonly Variable[], options: ElasticNetPenaltyOptions): Scalar {
  const check = checker('@cnnviz/regularizers', 'elasticNetPenalty');
  const l1 = check.number('l1', check.options(options).l1, { min: 0 });
  const l2 = check.number('l2', options.l2, { min: 0 });
  const weights = chosenWeights(check, variables, options.penalize);
  return tf.tidy(() => tf.add(scaledSum(magnitude, weights, l1), scaledSum(tf.square, weights, l2)));
}

export function scaledSum(of: (weight: Variable) => tf.Tensor, weights: readonly Variable[], factor: number): Scalar {
  return tf.tidy(() => tf.mul(factor, tf.addN(weights.map((weight) => sumInStages(of(weight))))));
}
