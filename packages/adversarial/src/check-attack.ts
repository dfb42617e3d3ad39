import type { Bounds, Check, Classifier } from '@cnnviz/internal';
import { requireGradients, requireWithin } from '@cnnviz/internal';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { checkLogits } from './logits-and-gradient.ts';

/** What every attack that may read values asks of its arguments: images inside `bounds`, and labels that have a logit. */
export async function checkAttack(
  check: Check,
  model: Classifier,
  images: Tensor4D,
  labels: Tensor1D,
  bounds: Bounds,
): Promise<void> {
  check.callable('model', model);
  check.images('images', images);
  check.labels('labels', labels, { count: images.shape[0] });
  check.bounds('bounds', bounds);
  requireGradients(check);
  await requireWithin(check, 'images', images, bounds);
  const classes = tf.tidy(() => {
    const one = tf.slice(images, 0, Math.min(1, images.shape[0]));
    return checkLogits(check, model(one), one.shape[0]).shape[1];
  });
  await requireWithin(check, 'labels', labels, [0, classes - 1]);
}
