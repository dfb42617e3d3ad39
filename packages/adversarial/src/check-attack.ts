import type { Bounds, Check, Classifier } from '@cnnviz/internal';
import { requireGradients, requireWithin } from '@cnnviz/internal';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { checkLogits } from './logits-and-gradient.ts';

/**
 * What every attack by gradient that may read values asks of its arguments: images inside `bounds`, and labels that
 * have a logit.
 *
 * @returns The number of classes.
 */
export function checkAttack(
  check: Check,
  model: Classifier,
  images: Tensor4D,
  labels: Tensor1D,
  bounds: Bounds,
): Promise<number> {
  return checkArguments(check, model, images, labels, bounds, true);
}

/** As `checkAttack`, for what only asks the model for its logits. */
export function checkBlackBoxAttack(
  check: Check,
  model: Classifier,
  images: Tensor4D,
  labels: Tensor1D,
  bounds: Bounds,
): Promise<number> {
  return checkArguments(check, model, images, labels, bounds, false);
}

async function checkArguments(
  check: Check,
  model: Classifier,
  images: Tensor4D,
  labels: Tensor1D,
  bounds: Bounds,
  needsGradients: boolean,
): Promise<number> {
  check.callable('model', model);
  check.images('images', images);
  check.labels('labels', labels, { count: images.shape[0] });
  check.bounds('bounds', bounds);
  if (needsGradients) requireGradients(check);
  await requireWithin(check, 'images', images, bounds);
  const classes = tf.tidy(() => {
    const one = tf.slice(images, 0, Math.min(1, images.shape[0]));
    return checkLogits(check, model(one), one.shape[0]).shape[1];
  });
  await requireWithin(check, 'labels', labels, [0, classes - 1]);
  return classes;
}
