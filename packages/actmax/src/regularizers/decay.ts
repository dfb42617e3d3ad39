import { checker } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import type { Regularizer } from './regularizer.ts';

export interface DecayOptions {
  /** Share of the distance from `towards` that each step leaves, from 0 to 1. Default: 0.99, as released for DGN-AM. */
  factor?: number;
  /** The value that the variables decay to. Default: 0. For `pixels` give the middle of the bounds. */
  towards?: number;
}

/**
 * Regularizes by L2 as DGN-AM does: multiplies the variables by `factor` after each step and its bounds.
 *
 * @returns A regularizer for `maximizeActivation`.
 * @throws RangeError if `factor` is not from 0 to 1.
 * @see Nguyen, Dosovitskiy, Yosinski, Brox, Clune, "Synthesizing the preferred inputs for neurons in neural networks
 *   via deep generator networks", NIPS 2016, https://arxiv.org/abs/1605.09304.
 *
 * @example
 * import { decay } from '@cnnviz/actmax';
 *
 * const regularizers = [decay({ factor: 0.99 })];
 */
export function decay(options: DecayOptions = {}): Regularizer {
  const check = checker('@cnnviz/actmax', 'decay');
  check.options(options);
  const factor = check.number('factor', options.factor ?? 0.99, { min: 0, max: 1 });
  const towards = check.number('towards', options.towards ?? 0);
  return {
    name: 'decay',
    afterStep: (variables) => {
      if (towards === 0) return tf.mul(variables, factor);
      return tf.add(tf.mul(tf.sub(variables, towards), factor), towards);
    },
  };
}
