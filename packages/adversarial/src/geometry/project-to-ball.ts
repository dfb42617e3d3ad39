import { sumPerImage } from '@cnnviz/internal';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { floorToFloat32 } from './floor-to-float32.ts';
import { largestPerImage, type Norm, oneIfZero, perImage, worstRounding } from './step-direction.ts';

/**
 * The point nearest to each image's perturbation, in Euclidean distance, among those of length `epsilon` or less.
 *
 * - `linf`: each value clipped.
 * - `l2`: scaled down.
 *
 * The length never exceeds `epsilon`, whatever is lost to rounding. NaN stays NaN.
 *
 * @param perturbation `[n, h, w, c]`.
 * @param epsilon >= 0.
 */
export function projectToBall(perturbation: Tensor4D, norm: 'linf' | 'l2', epsilon: number): Tensor4D {
  const radius = floorToFloat32(epsilon);
  return tf.tidy(() => {
    if (norm === 'linf') {
      const zeroOrNaN = tf.mul(perturbation, 0);
      return tf.add(tf.clipByValue(perturbation, -radius, radius), zeroOrNaN);
    }
    const length = lengthPerImage(perturbation, norm);
    const safeRadius = floorToFloat32(radius * (1 - worstRounding(perturbation)));
    // Exactly 1 for what is no longer than the radius.
    const share: Tensor1D = tf.minimum(tf.div(safeRadius, oneIfZero(length)), 1);
    return tf.mul(perturbation, perImage(share));
  });
}

/** `[n]`. In L2 scaled first, so that no square under- or overflows. */
export function lengthPerImage(perturbation: Tensor4D, norm: Norm): Tensor1D {
  return tf.tidy(() => {
    const magnitude: Tensor4D = tf.abs(perturbation);
    if (norm === 'l1') return sumPerImage(magnitude);
    const largest = largestPerImage(magnitude);
    const lengths = tf.reshape(largest, [-1]) as Tensor1D;
    if (norm === 'linf') return lengths;
    const scaled = tf.div(magnitude, oneIfZero(largest)) as Tensor4D;
    return tf.mul(tf.sqrt(sumPerImage(tf.square(scaled))), lengths);
  });
}
