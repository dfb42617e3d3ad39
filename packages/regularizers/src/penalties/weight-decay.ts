import { checker } from '@cnnviz/internal';
import type { Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { chosenWeights, type WeightChoice } from './is-weight.ts';

/**
 * Converts a weight decay into the `lambda` of `l2Penalty` that equals it under SGD, also with momentum:
 * `weightDecay / 2`, since the gradient of `λw²` is `2λw`. Under Adam no `lambda` equals it: see {@link decayWeights}.
 *
 * @param weightDecay The factor in `weightDecay · w`, which is added to the gradient, >= 0: PyTorch's `weight_decay`.
 * @returns The `lambda`.
 * @throws RangeError if it is negative; TypeError if it is no number.
 * @see Loshchilov, Hutter, "Decoupled Weight Decay Regularization", ICLR 2019, https://arxiv.org/abs/1711.05101.
 *
 * @example
 * import { lambdaOfWeightDecay } from '@cnnviz/regularizers';
 *
 * const lambda = lambdaOfWeightDecay(5e-4); // 2.5e-4
 */
export function lambdaOfWeightDecay(weightDecay: number): number {
  return checker('@cnnviz/regularizers', 'lambdaOfWeightDecay').number('weightDecay', weightDecay, { min: 0 }) / 2;
}

/**
 * Converts the `lambda` of `l2Penalty` into the weight decay that equals it under SGD: `2λ`.
 *
 * @param lambda The factor of `Σw²`, >= 0: Keras's and tfjs-layers' `l2`.
 * @returns The weight decay.
 * @throws RangeError if it is negative; TypeError if it is no number.
 * @see Loshchilov, Hutter, "Decoupled Weight Decay Regularization", ICLR 2019, https://arxiv.org/abs/1711.05101.
 *
 * @example
 * import { weightDecayOfLambda } from '@cnnviz/regularizers';
 *
 * const weightDecay = weightDecayOfLambda(0.01); // 0.02, what tfjs-layers' default of 0.01 amounts to
 */
export function weightDecayOfLambda(lambda: number): number {
  return checker('@cnnviz/regularizers', 'weightDecayOfLambda').number('lambda', lambda, { min: 0 }) * 2;
}

export interface DecayWeightsOptions {
  /** The fraction by which the weights shrink, from 0 to 1: learning rate times weight decay. */
  rate: number;
  /** Default: `isWeight`, kernels but no biases and no parameters of batch normalization. */
  penalize?: WeightChoice;
}

/**
 * Shrinks weights (decoupled weight decay): `w ← (1 - rate) · w`, beside the optimizer's step and not through its
 * gradient.
 *
 * A penalty in the loss passes through Adam's division by the gradient's magnitude, so that weights with large
 * gradients are decayed less. Decay outside of it treats all alike: Adam with this before each step, at `rate =
 * learningRate · weightDecay`, is AdamW. `train` does it when given a `weightDecay`.
 *
 * @param variables Changed in place.
 * @param options `rate`, and which variables to decay.
 * @returns Nothing.
 * @throws RangeError if `rate` is outside [0, 1] or `penalize` chooses no variable.
 * @see Loshchilov, Hutter, "Decoupled Weight Decay Regularization", ICLR 2019, https://arxiv.org/abs/1711.05101.
 *
 * @example
 * import { decayWeights } from '@cnnviz/regularizers';
 *
 * decayWeights(variables, { rate: 0.001 * 0.01 });
 */
export function decayWeights(variables: readonly Variable[], options: DecayWeightsOptions): void {
  const check = checker('@cnnviz/regularizers', 'decayWeights');
  const rate = check.number('rate', check.options(options).rate, { min: 0, max: 1 });
  for (const weight of chosenWeights(check, variables, options.penalize)) {
    tf.tidy(() => weight.assign(tf.mul(weight, 1 - rate)));
  }
}
