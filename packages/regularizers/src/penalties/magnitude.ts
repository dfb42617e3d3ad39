import { sign } from '@cnnviz/internal';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** |w|, whose gradient is 0 at 0, as in Keras. That of `tf.abs` is -1 there, and moves weights that are exactly zero. */
export function magnitude(weights: Tensor): Tensor {
  const differentiable = tf.customGrad((input) => ({
    value: tf.abs(input as Tensor),
    gradFunc: (upstream: Tensor) => tf.mul(upstream, sign(input as Tensor)),
  }));
  return differentiable(weights);
}
