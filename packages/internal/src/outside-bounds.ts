import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Check } from './check.ts';
import type { Bounds } from './contracts.ts';
import { readDespiteDisposal } from './read-despite-disposal.ts';

/** Each model or picture is warned of once. */
const warned = new WeakSet<object>();

/**
 * Warns on the console of images that are not within `bounds`, when their values arrive: for a function that cannot wait
 * for them. One that can takes `requireWithin`, which rejects.
 *
 * @param name As the warning calls the images.
 * @param once What is warned of once: the model that gets them, or the images themselves.
 */
export function warnOfOutside(check: Check, name: string, images: Tensor4D, bounds: Bounds, once: object): void {
  if (warned.has(once) || images.size === 0) return;
  const isWithin = tf.tidy(() => tf.min(imagesWithin(images, bounds)));
  const warn = (least: ArrayLike<number>) => {
    if (least[0] !== 0 || warned.has(once)) return;
    warned.add(once);
    const [min, max] = bounds;
    check.warn(
      `${name} must be within [${min}, ${max}], and some are not: give the bounds of the images that you have`,
    );
  };
  // Values that cannot be read are skipped: the code that needs them will report the reason.
  readDespiteDisposal(isWithin).then(warn, () => {});
  isWithin.dispose();
}

/** Images as they are, and NaN in place of each of `given` that is not within `bounds`. */
export function nanWhereOutside(images: Tensor4D, given: Tensor4D, bounds: Bounds): Tensor4D {
  return tf.tidy(() => {
    const isWithin = tf.cast(tf.reshape(imagesWithin(given, bounds), [-1, 1, 1, 1]), 'bool');
    // A number for each image is quicker to choose than one for each pixel, and less 0 leaves -0 as it is.
    return tf.sub(images, tf.where(isWithin, tf.zeros(isWithin.shape), tf.fill(isWithin.shape, Number.NaN)));
  });
}

/** `[n]`: 1 for an image whose pixels are all within bounds and no NaN, else 0. */
function imagesWithin(images: Tensor4D, [min, max]: Bounds): Tensor {
  const isWithin = tf.logicalAnd(tf.greaterEqual(images, min), tf.lessEqual(images, max));
  return tf.min(tf.reshape(tf.cast(isWithin, 'float32'), [images.shape[0], -1]), 1);
}
