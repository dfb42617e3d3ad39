import type { AnyClassifier, Bounds, Check } from '@cnnviz/internal';
import { askAtOnce, askModel, requireGradients, requireWithin } from '@cnnviz/internal';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { checkLogits } from '../losses/logits-and-gradient.ts';

/**
 * What every attack by gradient that may read values asks of its arguments: a model that answers at once, images inside
 * `bounds`, and labels that have a logit.
 *
 * @returns The number of classes.
 */
export function checkAttack(
  check: Check,
  model: AnyClassifier,
  images: Tensor4D,
  labels: Tensor1D,
  bounds: Bounds,
): Promise<number> {
  return checkArguments(check, model, images, labels, bounds, true);
}

/** As `checkAttack`, for what only asks the model for its logits, at once or later. */
export function checkBlackBoxAttack(
  check: Check,
  model: AnyClassifier,
  images: Tensor4D,
  labels: Tensor1D,
  bounds: Bounds,
): Promise<number> {
  return checkArguments(check, model, images, labels, bounds, false);
}

async function checkArguments(
  check: Check,
  model: AnyClassifier,
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
  const ask = needsGradients ? (all: Tensor4D) => askAtOnce(check, model, all) : model;
  // All of them: the batch size of a model may be fixed.
  const classes = await askModel(ask, images, (logits) => checkLogits(check, logits, images.shape[0]).shape[1]);
  await requireWithin(check, 'labels', labels, [0, classes - 1]);
  return classes;
}
