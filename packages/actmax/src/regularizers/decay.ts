import { checker } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import type { Regularizer } from './regularizer.ts';

export interface DecayOptions {
  /** What each step leaves of the distance from `towards`, from 0 (nothing) to 1 (all). Default: 0.99, as released for DGN-AM. */
  factor?: number;
  /** The value that the variables decay to. Default: 0. For `pixels` give the middle of the bounds. */
  towards?: number;
}

/**
 * L2 regularization as DGN-AM does it: after each step, and after its bounds, the variables are multiplied by `factor`.
 *
 * @throws RangeError if `factor` is not from 0 to 1.
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
