import { checker, type Random } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** Options of {@link noise}. */
export interface NoiseOptions {
  /**
   * Standard deviation, >= 0, in the units of the pixels. Default: 0.08, as MACO for a range of 1; for pixels from 0 to 255
   * give 20.
   */
  deviation?: number;
}

/**
 * Adds normal noise to the images that a network sees, anew in each step, so that the result does not depend on single
 * pixels.
 *
 * @returns A transform for `transforms` of `maximizeActivation`.
 * @throws RangeError if `deviation` is negative.
 * @see Fel et al., "Unlocking Feature Visualization for Deep Network with MAgnitude Constrained Optimization", NeurIPS 2023,
 *   https://arxiv.org/abs/2306.06805.
 *
 * @example
 * import { jitter, noise } from '@cnnviz/actmax';
 *
 * const transforms = [jitter({ pixels: 4 }), noise({ deviation: 0.05 })];
 */
export function noise(options: NoiseOptions = {}): (images: Tensor4D, random: Random) => Tensor4D {
  const check = checker('@cnnviz/actmax', 'noise');
  const { deviation = 0.08 } = check.options(options);
  check.number('deviation', deviation, { min: 0 });
  return (images, random) => {
    const values = random.fillNormal(new Float32Array(images.size), 0, deviation);
    return tf.add(images, tf.tensor4d(values, images.shape));
  };
}
