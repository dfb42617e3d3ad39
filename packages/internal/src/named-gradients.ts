import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { disposeTapeOnThrow } from './gradients.ts';

/** Gradients as `applyGradients` of an optimizer takes them. */
export type NamedGradients = { name: string; tensor: Tensor }[];

/**
 * The gradients of a loss with respect to variables, in the order of the variables; one that the loss does not depend on
 * has none. Leaves no tensor behind if the loss throws.
 *
 * @returns Gradients that the caller disposes: `tf.dispose(tensorsOf(gradients))`.
 */
export function namedGradients(variables: readonly Variable[], loss: () => Scalar): NamedGradients {
  return tf.tidy(() => {
    const { grads } = disposeTapeOnThrow(() => tf.variableGrads(loss, [...variables]));
    return variables
      .filter(({ name }) => grads[name] !== undefined && grads[name] !== null)
      .map(({ name }) => ({ name, tensor: grads[name]! }));
  });
}

export function tensorsOf(gradients: NamedGradients): Tensor[] {
  return gradients.map(({ tensor }) => tensor);
}
