import { checker } from '@cnnviz/internal';
import type { Scalar, Variable } from '@tensorflow/tfjs-core';
import { scaledSum } from './elastic-net-penalty.ts';
import { chosenWeights, type WeightChoice } from './is-weight.ts';
import { magnitude } from './magnitude.ts';

export interface L1PenaltyOptions {
  /** Factor of the sum, >= 0. */
  lambda: number;
  /** Default: `isWeight`, kernels but no biases and no parameters of batch normalization. */
  penalize?: WeightChoice;
}

/**
 * L1 penalty: `λ · Σ|w|` over all weights.
 *
 * Its gradient is `λ · sign(w)`, 0 at zero: it pulls weights to zero, and leaves there what is exactly zero.
 *
 * @param variables The trainable variables of a model. Still the caller's.
 * @returns A scalar to add to the loss, differentiable. The caller disposes, or `tf.tidy` does.
 * @throws RangeError if `lambda` is negative or `penalize` chooses no variable.
 * @see Tibshirani, "Regression Shrinkage and Selection via the Lasso", JRSS B 58(1), 1996,
 *   https://doi.org/10.1111/j.2517-6161.1996.tb02080.x.
 *
 * @example
 * import { l1Penalty } from '@cnnviz/regularizers';
 *
 * const penalty = l1Penalty(variables, { lambda: 1e-4 });
 */
export function l1Penalty(variables: readonly Variable[], options: L1PenaltyOptions): Scalar {
  const check = checker('@cnnviz/regularizers', 'l1Penalty');
  const lambda = check.number('lambda', check.options(options).lambda, { min: 0 });
  return scaledSum(magnitude, chosenWeights(check, variables, options.penalize), lambda);
}
