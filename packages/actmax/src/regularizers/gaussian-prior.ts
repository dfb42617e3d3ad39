import { type Check, checker } from '@cnnviz/internal';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Regularizer } from './regularizer.ts';

export interface GaussianPriorOptions {
  /** How much the prior counts beside the objective, >= 0. Default: 1, which turns a log-probability into a posterior. */
  weight?: number;
  /** The mean of each number of a variable: one value for all, or as many as a code has. Default: 0. */
  mean?: number | ArrayLike<number>;
  /** Standard deviation of each number, > 0: one value for all, or as many as a code has. Default: 1. */
  deviation?: number | ArrayLike<number>;
}

/**
 * Penalizes improbable codes by `weight` · Σ ((code - mean) / deviation)² / 2, the negative logarithm of a normal
 * distribution up to a constant. `codeBounds` measures `mean` and `deviation`.
 *
 * @returns A regularizer for `maximizeActivation`.
 * @throws RangeError if an option is outside its range, or lists are not as long as a code.
 * @see Nguyen, Clune, Bengio, Dosovitskiy, Yosinski, "Plug & Play Generative Networks: Conditional Iterative Generation
 *   of Images in Latent Space", CVPR 2017, https://arxiv.org/abs/1612.00005.
 *
 * @example
 * import { gaussianPrior } from '@cnnviz/actmax';
 *
 * const regularizers = [gaussianPrior({ weight: 0.1 })];
 */
export function gaussianPrior(options: GaussianPriorOptions = {}): Regularizer {
  const check = checker('@cnnviz/actmax', 'gaussianPrior');
  check.options(options);
  const weight = check.number('weight', options.weight ?? 1, { min: 0 });
  const mean = checkList(check, 'mean', options.mean ?? 0, {});
  const deviation = checkList(check, 'deviation', options.deviation ?? 1, { above: 0 });
  const precision = deviation.map((value) => 1 / value);
  const listFor = (name: string, values: Float32Array, variables: Tensor): Tensor => {
    if (values.length === 1) return tf.scalar(values[0]!);
    const length = variables.shape.at(-1)!;
    if (variables.rank !== 2 || values.length !== length) {
      check.fail('range', name, `one number, or one for each of a code's`, values);
    }
    return tf.tensor1d(values);
  };
  return {
    name: 'gaussianPrior',
    penalty: (_, variables) => {
      const centered = tf.sub(variables, listFor('mean', mean, variables));
      const standard = tf.mul(centered, listFor('deviation', precision, variables));
      const axes = variables.shape.slice(1).map((_size, axis) => axis + 1);
      return tf.mul(tf.sum(tf.square(standard), axes), weight / 2);
    },
  };
}

function checkList(
  check: Check,
  name: string,
  value: number | ArrayLike<number>,
  range: { above?: number },
): Float32Array {
  const values = Float32Array.from(typeof value === 'number' ? [value] : value);
  if (values.length === 0) check.fail('range', name, 'a number, or one for each of a code', value);
  for (const entry of values) check.number(name, entry, range);
  return values;
}
