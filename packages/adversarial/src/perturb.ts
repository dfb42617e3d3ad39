import type { Bounds } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { isGreater, select } from './select.ts';

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
    const limit: Tensor4D = tf.abs(perturbation);
    const isTooFar = (point: Tensor4D) => isGreater(tf.abs(tf.sub(point, images) as Tensor4D), limit);
    const nearest: Tensor4D = tf.add(images, perturbation);
    // The sum was rounded by at most half of its last binary place; if outwards, take one place back.
    const upOrDown = tf.sub(tf.mul(tf.step(perturbation), 2), 1);
    const onePlace = tf.mul(tf.mul(tf.abs(nearest), 2 ** -23), upOrDown);
    const inward: Tensor4D = tf.sub(nearest, tf.mul(onePlace, isTooFar(nearest)));
    const inside = select(isTooFar(inward), images, inward);
    return tf.add(tf.clipByValue(inside, min, max), tf.mul(perturbation, 0)) as Tensor4D;
  });
}
