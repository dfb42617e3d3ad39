import { checker } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import type { Optimizer } from './optimizer.ts';

export interface AdamOptions {
  /** Default: 0.05, as lucid. */
  learningRate?: number;
  /** Share of the mean gradient that stays from step to step. Default: 0.9. */
  beta1?: number;
  /** Share of the mean square that stays from step to step. Default: 0.999. */
  beta2?: number;
  /** Added to the square root. Default: 1e-8. */
  epsilon?: number;
}

/**
 * Steps by Adam: each number moves by the mean of its gradients so far, in units of their root mean square.
 *
 * @returns An optimizer for `maximizeActivation`; holds no state.
 * @throws RangeError if an option is outside its range.
 * @see Kingma, Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, https://arxiv.org/abs/1412.6980, algorithm
 *   1.
 *
 * @example
 * import { adam } from '@cnnviz/actmax';
 *
 * const optimizer = adam({ learningRate: 0.01 });
 */
export function adam(options: AdamOptions = {}): Optimizer {
  const check = checker('@cnnviz/actmax', 'adam');
  check.options(options);
  const learningRate = check.number('learningRate', options.learningRate ?? 0.05, { above: 0 });
  const beta1 = check.number('beta1', options.beta1 ?? 0.9, { min: 0, below: 1 });
  const beta2 = check.number('beta2', options.beta2 ?? 0.999, { min: 0, below: 1 });
  const epsilon = check.number('epsilon', options.epsilon ?? 1e-8, { above: 0 });
  return {
    name: 'adam',
    memory: 2,
    update: (gradient, [means, squares], { step }) => {
      // Both without the factor (1 - beta), which goes into the numbers below: fewer passes over memory.
      const nextMeans = tf.add(tf.mul(means!, beta1), gradient);
      const nextSquares = tf.add(tf.mul(squares!, beta2), tf.square(gradient));
      const rate = (learningRate * (1 - beta1)) / (1 - beta1 ** (step + 1));
      const unit = Math.sqrt((1 - beta2) / (1 - beta2 ** (step + 1)));
      const root = tf.add(tf.mul(tf.sqrt(nextSquares), unit / rate), epsilon / rate);
      return { update: tf.div(nextMeans, root), memory: [nextMeans, nextSquares] };
    },
  };
}
