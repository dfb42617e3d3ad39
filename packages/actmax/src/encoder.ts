import type { Check } from '@cnnviz/internal';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** Images `[n, h, w, c]` to the features `[n, d]` of each: a network up to one of its layers, flattened. */
export type Encoder = (images: Tensor4D) => Tensor2D;

/** The features of a batch; rejects an encoder that gives something else. */
export function encode(check: Check, encoder: Encoder, images: Tensor4D, name = 'encoder'): Tensor2D {
  const count = images.shape[0];
  const features = encoder(images);
  const isFeatures = features instanceof tf.Tensor && features.rank === 2 && features.shape[0] === count;
  return isFeatures ? features : check.fail('type', name, `a function from images to features [${count}, d]`, features);
}
