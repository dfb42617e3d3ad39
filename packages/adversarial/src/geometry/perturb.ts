import type { Bounds } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * `images` + `perturbation`, clipped to `bounds`.
 *
 * As computed in float32, no value is further from `images` than its perturbation is large, so that what is inside a
 * ball of any norm stays inside it: a sum that is rounded outwards is made of a perturbation that is shorter by what
 * rounding can do at the largest bound. NaN in the perturbation stays NaN on every backend.
 *
 * @param images `[n, h, w, c]` inside `bounds`.
 * @param perturbation `[n, h, w, c]`.
 */
export function perturb(images: Tensor4D, perturbation: Tensor4D, [min, max]: Bounds): Tensor4D {
  const mostLost = mostLostToRounding([min, max]);
  return tf.tidy(() => {
    const moved = tf.abs(tf.sub(tf.add(images, perturbation), images));
    const isTooFar = tf.step(tf.sub(moved, tf.abs(perturbation)));
    const safe = tf.sub(perturbation, tf.mul(isTooFar, tf.clipByValue(perturbation, -mostLost, mostLost)));
    return tf.add(tf.clipByValue(tf.add(images, safe), min, max), tf.mul(perturbation, 0)) as Tensor4D;
  });
}

/** What a sum within the bounds can lose to rounding, and a little. */
export function mostLostToRounding([min, max]: Bounds): number {
  return Math.max(Math.abs(min), Math.abs(max)) * 2 ** -24 * (1 + 2 ** -20);
}
