import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { floorToFloat32 } from './floor-to-float32.ts';
import { sign } from './sign.ts';
import { type Norm, oneIfZero, perImage, sumPerImage, worstRounding } from './step-direction.ts';

/**
 * The point nearest to each image's perturbation, in Euclidean distance, among those of length `epsilon` or less.
 *
 * - `linf`: each value clipped.
 * - `l2`: scaled down.
 * - `l1`: every value drawn towards 0 by the one amount that leaves `epsilon`, the small ones to 0 itself.
 *
 * The length never exceeds `epsilon`, whatever is lost to rounding. NaN stays NaN.
 *
 * @param perturbation `[n, h, w, c]`.
 * @param epsilon >= 0.
 * @see Duchi, Shalev-Shwartz, Singer, Chandra, "Efficient Projections onto the l1-Ball", ICML 2008.
 */
export function projectToBall(perturbation: Tensor4D, norm: Norm, epsilon: number): Tensor4D {
  const radius = floorToFloat32(epsilon);
  return tf.tidy(() => {
    const asNumbers = tf.mul(perturbation, 0);
    if (norm === 'linf') return tf.add(tf.clipByValue(perturbation, -radius, radius), asNumbers);
    const safeRadius = floorToFloat32(radius * (1 - worstRounding(perturbation)));
    if (norm === 'l2') return scaleDown(perturbation, norm, safeRadius);
    const lengths = lengthPerImage(perturbation, 'l1');
    const excess = perImage(softThreshold(perturbation, safeRadius));
    const drawnIn = tf.mul(sign(perturbation), tf.maximum(tf.sub(tf.abs(perturbation), excess), 0)) as Tensor4D;
    const isOutside = tf.greater(perImage(lengths), safeRadius);
    const projected = tf.where(isOutside, scaleDown(drawnIn, norm, safeRadius), perturbation);
    return tf.add(projected, asNumbers) as Tensor4D;
  });
}

function scaleDown(perturbation: Tensor4D, norm: 'l2' | 'l1', radius: number): Tensor4D {
  const length = lengthPerImage(perturbation, norm);
  const share = tf.minimum(tf.div(radius, oneIfZero(length)), 1);
  const untouched = tf.cast(tf.lessEqual(length, radius), 'float32');
  const factor = tf.add(tf.mul(share, tf.sub(1, untouched)), untouched) as Tensor1D;
  return tf.mul(perturbation, perImage(factor));
}

/** `[n]`. In L2 scaled first, so that no square under- or overflows. */
export function lengthPerImage(perturbation: Tensor4D, norm: Norm): Tensor1D {
  return tf.tidy(() => {
    const magnitude: Tensor4D = tf.abs(perturbation);
    if (norm === 'l1') return sumPerImage(magnitude);
    const largest: Tensor1D = tf.max(magnitude, [1, 2, 3]);
    if (norm === 'linf') return largest;
    const scaled = tf.div(perturbation, perImage(oneIfZero(largest) as Tensor1D)) as Tensor4D;
    return tf.mul(tf.sqrt(sumPerImage(tf.square(scaled))), largest) as Tensor1D;
  });
}

/**
 * The θ >= 0 of each image for which Σ max(|δ| - θ, 0) = radius.
 *
 * Sorting gives it exactly, but not on every backend at a bearable price. Halving the interval that holds it finds,
 * but for values equal to the last digit, which values stay above it; from there Newton's step on a sum that is
 * linear between two values lands on it.
 */
function softThreshold(perturbation: Tensor4D, radius: number): Tensor1D {
  const magnitude: Tensor4D = tf.abs(perturbation);
  let low: Tensor = tf.zerosLike(tf.max(magnitude, [1, 2, 3]));
  let width: Tensor = tf.max(magnitude, [1, 2, 3]);
  for (let halving = 0; halving < 24; halving++) {
    width = tf.div(width, 2);
    const middle = tf.add(low, width) as Tensor1D;
    const left = sumPerImage(tf.maximum(tf.sub(magnitude, perImage(middle)), 0) as Tensor4D);
    low = tf.add(low, tf.mul(width, tf.cast(tf.greater(left, radius), 'float32')));
  }
  const above = tf.sub(magnitude, perImage(low as Tensor1D));
  const left = sumPerImage(tf.maximum(above, 0) as Tensor4D);
  const count = sumPerImage(tf.cast(tf.greater(above, 0), 'float32') as Tensor4D);
  return tf.add(low, tf.div(tf.sub(left, radius), oneIfZero(count))) as Tensor1D;
}
