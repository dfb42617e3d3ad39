import { sign, sumPerImage } from '@cnnviz/internal';
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** How far an image may be moved is measured: the largest change of a pixel, the Euclidean length, or the sum of changes. */
export type Norm = 'linf' | 'l2' | 'l1';
export const norms: readonly Norm[] = ['linf', 'l2', 'l1'];

/** What one step in L1 does: along the gradient, as foolbox, or into the one value that pays most, as CleverHans. */
export type L1Step = 'gradient' | 'coordinate';
export const l1Steps: readonly L1Step[] = ['gradient', 'coordinate'];

/**
 * The gradient of each image, normalized to length 1.
 *
 * - `linf`: its sign.
 * - `l2`: divided by its Euclidean length.
 * - `l1`, `gradient`: divided by the sum of its absolute values.
 * - `l1`, `coordinate`: the whole length on the largest absolute value, shared by ties: the steepest direction there is.
 *
 * The length never exceeds 1, whatever is lost to rounding. A gradient of zero gives zero, however small a gradient
 * gives a full step, and NaN gives NaN.
 *
 * @param gradient `[n, h, w, c]`.
 */
export function stepDirection(gradient: Tensor4D, norm: Norm, l1Step: L1Step): Tensor4D {
  return tf.tidy(() => directionAndCheck(gradient, norm, l1Step).direction);
}

export interface DirectionAndCheck {
  direction: Tensor4D;
  /** `[n]`: 0 for each image whose gradient is finite, else NaN. */
  zeroIfFinite: Tensor1D;
}

/** As `stepDirection`, with what says whether a gradient was finite, of what the direction takes anyway. Call it in a tidy. */
export function directionAndCheck(gradient: Tensor4D, norm: Norm, l1Step: L1Step): DirectionAndCheck {
  const checked = (direction: Tensor4D, sums = sumPerImage(gradient)) => ({
    direction,
    zeroIfFinite: tf.mul<Tensor1D>(sums, 0),
  });
  if (norm === 'linf') return checked(sign(gradient));
  const magnitude: Tensor4D = tf.abs(gradient);
  const most = 1 - worstRounding(gradient);
  if (norm === 'l1' && l1Step === 'gradient') {
    const sums = sumPerImage(magnitude);
    return checked(tf.div(gradient, perImage(tf.div(oneIfZero(sums), most))), sums);
  }
  const largest = largestPerImage(magnitude);
  if (norm === 'l1') {
    const isLargest = tf.cast(tf.equal(magnitude, largest), 'float32');
    const shared = tf.div(sign(gradient), perImage(sumPerImage(isLargest as Tensor4D)));
    return checked(tf.mul(tf.mul(shared, isLargest), most));
  }
  // Scaled first, so that no square under- or overflows.
  const scaled = tf.div(gradient, oneIfZero(largest)) as Tensor4D;
  const length = tf.sqrt(sumPerImage(tf.square(scaled)));
  return checked(tf.mul(scaled, tf.div(most, oneIfZero(perImage(length)))), length);
}

/** The largest value of each image, `[n, 1, 1, 1]`. */
export function largestPerImage(images: Tensor4D): Tensor4D {
  const [count, height, width, channels] = images.shape;
  return tf.tidy(() => tf.reshape(tf.max(tf.reshape(images, [count, height * width * channels]), 1), [count, 1, 1, 1]));
}

/** What `sumPerImage` and the few operations around it can lose at most, relative to the sum. */
export function worstRounding({ shape: [, height, width, channels] }: Tensor4D): number {
  return (height + width * channels + 8) * 2 ** -24;
}

/** One number for each image, `[n]`, in a shape that multiplies images. */
export function perImage(values: Tensor1D): Tensor4D {
  return tf.reshape(values, [-1, 1, 1, 1]);
}

/** A divisor that leaves zeros zero. */
export function oneIfZero<T extends Tensor>(values: T): T {
  return tf.add(values, tf.cast(tf.equal(values, 0), 'float32'));
}
