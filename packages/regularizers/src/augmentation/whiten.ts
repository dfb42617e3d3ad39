import { checker, meanInStages } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Whitens each image: `(x - mean) / max(deviation, 1 / √values)`, with its own mean and deviation. This is the
 * preprocessing of Zhang et al., and TensorFlow's `per_image_standardization`. The second term keeps constant images at
 * zero.
 *
 * @param images `[n, h, w, c]` of any range. They stay the caller's.
 * @returns `[n, h, w, c]` of mean 0 and variance 1. The caller disposes.
 * @throws TypeError if `images` is of another kind.
 * @see Zhang et al., ICLR 2017, https://arxiv.org/abs/1611.03530, appendix A.
 *
 * @example
 * import { whiten } from '@cnnviz/regularizers';
 *
 * const inputs = whiten(images);
 */
export function whiten(images: Tensor4D): Tensor4D {
  const [, height, width, channels] = checker('@cnnviz/regularizers', 'whiten').images('images', images).shape;
  return tf.tidy(() => {
    const centered = tf.sub(images, meanInStages(images, [1, 2, 3]));
    const deviation = tf.sqrt(meanInStages(tf.square(centered), [1, 2, 3]));
    return tf.div(centered, tf.maximum(deviation, 1 / Math.sqrt(height * width * channels))) as Tensor4D;
  });
}
