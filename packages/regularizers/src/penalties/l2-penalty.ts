import { checker } from '@cnnviz/internal';
import type { Scalar, Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { scaledSum } from './elastic-net-penalty.ts';
import { chosenWeights, type WeightChoice } from './is-weight.ts';

export interface L2PenaltyOptions {
  /** Factor of the sum, >= 0. */
  lambda: number;
  /** Default: `isWeight`, kernels but no biases and no parameters of batch normalization. */
  penalize?: WeightChoice;
}

/**
 * L2 penalty: `λ · Σw²` over all weights.
 *
 * In Keras's and tfjs-layers' convention, without a half; its gradient is `2λ · w`. The `weight_decay` of PyTorch and of many
 * papers, including Zhang et al., adds `weightDecay · w` to the gradient, so `λ = weightDecay / 2`: see
 * {@link lambdaOfWeightDecay}.
 *
 * @param variables The trainable variables of a model. Still the caller's.
 * @returns A scalar to add to the loss, differentiable. The caller disposes, or `tf.tidy` does.
 * @throws RangeError if `lambda` is negative or `penalize` chooses no variable.
 * @see Krogh, Hertz, "A Simple Weight Decay Can Improve Generalization", NIPS 1991,
 *   https://papers.nips.cc/paper/1991/hash/8eefcfdf5990e441f0fb6f3fad709e21-Abstract.html.
 *
 * @example
 * import { l2Penalty } from '@cnnviz/regularizers';
 *
 * const penalty = l2Penalty(variables, { lambda: 1e-4 });
 */
export function l2Penalty(variables: readonly Variable[], options: L2PenaltyOptions): Scalar {
  const check = checker('@cnnviz/regularizers', 'l2Penalty');
  const lambda = check.number('lambda', check.options(options).lambda, { min: 0 });
  return scaledSum(tf.square, chosenWeights(check, variables, options.penalize), lambda);
}
