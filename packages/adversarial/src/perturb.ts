import type { Bounds } from '@cnnviz/internal';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { sign } from './sign.ts';

/**
 * `images` + `perturbation`, clipped to `bounds`.
 *
 * As computed in float32, no value is further from `images` than its perturbation is large, so that what is inside a
 * ball of any norm stays inside it. NaN in the perturbation stays NaN on every backend.
 *
 * @param images `[n, h, w, c]` inside `bounds`.
 * @param perturbation `[n, h, w, c]`.
 */
export function perturb(images: Tensor4D, perturbation: Tensor4D, [min, max]: Bounds): Tensor4D {
  return tf.tidy(() => {
    const limit = tf.abs(perturbation);
    const isTooFar = (point: Tensor) => tf.greater(tf.abs(tf.sub(point, images)), limit);
    const nearest = tf.add(images, perturbation);
    // The sum was rounded by at most half of its last binary place; if outwards, take one place back.
    const lastPlace = tf.mul(tf.abs(nearest), 2 ** -23);
    const inward = tf.where(isTooFar(nearest), tf.sub(nearest, tf.mul(sign(perturbation), lastPlace)), nearest);
    const inside = tf.where(isTooFar(inward), images, inward);
    return tf.add(tf.clipByValue(inside, min, max), tf.mul(perturbation, 0)) as Tensor4D;
  });
}
