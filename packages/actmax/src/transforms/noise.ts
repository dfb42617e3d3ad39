import { checker, type Random } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Adds normal noise to what a network sees, anew in each step: what survives it does not hang on single pixels.
 *
 * @param deviation Standard deviation, >= 0, in the units of the pixels. Default: 0.08 of a range of 1, as MACO; for pixels
 *   from 0 to 255 give 20.
 * @throws RangeError if `deviation` is negative.
 *
 * @example
 * import { jitter, noise } from '@cnnviz/actmax';
 *
 * const transforms = [jitter(4), noise(0.05)];
 */
export function noise(deviation = 0.08): (images: Tensor4D, random: Random) => Tensor4D {
  const check = checker('@cnnviz/actmax', 'noise');
  check.number('deviation', deviation, { min: 0 });
  return (images, random) => {
    const values = random.fillNormal(new Float32Array(images.size), 0, deviation);
    return tf.add(images, tf.tensor4d(values, images.shape));
  };
}
