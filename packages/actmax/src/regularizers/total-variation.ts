import { checker } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Regularizer } from './regularizer.ts';

export interface TotalVariationOptions {
  /** How much it counts beside the objective, >= 0. */
  weight: number;
  /**
   * The power of the length of each pixel's differences, >= 1: 1 keeps edges, 2 tends to blur them. Default: 2, as Mahendran
   * and Vedaldi recommend.
   */
  power?: number;
}

/** Added to lengths, whose gradient at 0 is infinite for powers below 2. */
const SMOOTHING = 1e-6;

/**
 * Penalizes differences between neighboring pixels: `weight` times the mean over pixels of
 * (right² + down²)^(power / 2), where `right` and `down` are the differences to the pixels beside and below.
 *
 * @returns A regularizer for `maximizeActivation`.
 * @throws RangeError if an option is outside its range.
 * @see Mahendran, Vedaldi, "Understanding Deep Image Representations by Inverting Them", CVPR 2015,
 *   https://arxiv.org/abs/1412.0035, equation 4.
 *
 * @example
 * import { totalVariation } from '@cnnviz/actmax';
 *
 * const regularizers = [totalVariation({ weight: 10 })];
 */
export function totalVariation(options: TotalVariationOptions): Regularizer {
  const check = checker('@cnnviz/actmax', 'totalVariation');
  check.options(options);
  const weight = check.number('weight', options.weight, { min: 0 });
  const power = check.number('power', options.power ?? 2, { min: 1 });
  return {
    name: 'totalVariation',
    penalty: (images) => {
      const squares = tf.add(tf.square(differences(images, 2)), tf.square(differences(images, 1)));
      const lengths = power === 2 ? squares : tf.pow(tf.add(squares, SMOOTHING ** 2), power / 2);
      return tf.mul(tf.mean(lengths, [1, 2, 3]), weight);
    },
  };
}

/** To the next pixel along an axis; 0 at the last. */
function differences(images: Tensor4D, axis: 1 | 2): Tensor4D {
  if (images.shape[axis] === 1) return tf.zerosLike(images);
  const isAxis = (index: number) => index === axis;
  const shape = images.shape.map((size, index) => (isAxis(index) ? size - 1 : size));
  const second = images.shape.map((_, index) => (isAxis(index) ? 1 : 0));
  const between = tf.sub(tf.slice(images, second, shape), tf.slice(images, [0, 0, 0, 0], shape));
  const after = images.shape.map((_, index): [number, number] => (isAxis(index) ? [0, 1] : [0, 0]));
  return tf.pad(between, after) as Tensor4D;
}
