import {
  type Check,
  type Classifier,
  checker,
  type FailedImage,
  type LongWork,
  requireGradients,
  requireLongWork,
  requireWithin,
} from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { numbersFrom, randomsOfImages } from '../batches/randoms-of-images.ts';
import { type HostImages, type LassProgress, lass } from './lass.ts';
import { checkLassOptions, type LassOptions } from './lass-options.ts';

/** After each step of the search. */
export type CriticalSamplesProgress = LassProgress;

export interface CriticalSamplesOptions extends LassOptions, LongWork<CriticalSamplesProgress> {
  /**
   * Number of the first image within its data set, where that is gone through batch by batch: the noise of an image
   * depends on `seed` and its number alone, so that batches of any size give the same. Default: 0.
   */
  first?: number;
  /**
   * Ends the search after a step in which fewer images than this became critical. The released code does at 20,
   * counted over its whole data set; the result for an image then depends on the images around it. Default: 0, never.
   */
  stopBelow?: number;
}

export interface CriticalSamples {
  /** `[n, h, w, c]`: the critical sample found for each image, or where the search for one ended. The caller disposes. */
  images: Tensor4D;
  /** For each image, whether a critical sample was found. */
  critical: boolean[];
  /** Steps taken from each image: until it became critical, or all of them. */
  steps: number[];
  /** The class that the model assigns to each image; -1 if its logits are not finite. */
  predictions: number[];
  /** The class that the model assigns to each point of the result. */
  criticalPredictions: number[];
  /**
   * Images that were given up because their logits or gradients were not finite. The search continued with the others.
   * For these, `images` holds the image unchanged.
   */
  failed: FailedImage[];
}

/**
 * Finds critical samples by LASS (Langevin adversarial sample search): looks around each image, in the box of `radius` in
 * L∞, for a point to which the model assigns another class than to the image. True labels play no part. A model that
 * learned patterns has few such points this near to data; one that learned by heart has many.
 *
 * One step: x̃ ← x̃ + `alpha` · sign(gradient) + `beta` · η, then each pixel back into its interval
 * [x - `radius`, x + `radius`]. The gradient is that of the cross-entropy to the prediction for x, so that the point
 * leaves it (the paper's formula has the other sign; this is the released code's), and η is a standard normal number for
 * each pixel of each image. An image that has become critical is not moved again and takes no more time.
 *
 * The constants are small: 0.3, 0.25 and 0.2 of 255 levels. Taken for numbers on [0, 1] they would make everything
 * critical, so their defaults are scaled by `bounds`.
 *
 * @param model Images `[n, h, w, c]` to logits `[n, classes]`, not in training mode: dropout must be off.
 * @param images `[n, h, w, c]` inside `bounds`; not modified.
 * @returns Points within `radius` as computed in float32, in `images`, which the caller disposes, and plain data. `radius: 0` gives the images, none critical.
 * @throws RangeError if an option is out of its range or an image outside `bounds`.
 * @throws TypeError if an argument is of another kind, or `model` does not return logits `[n, 2 or more]`.
 * @throws Error if no image is left whose logits and gradients are finite (and at which step), no gradients are
 *   registered, or the wasm backend is active without `registerWasmGradients`.
 * @throws The signal's reason if it is aborted.
 * @see Arpit et al., "A Closer Look at Memorization in Deep Networks", ICML 2017, https://arxiv.org/abs/1706.05394.
 *
 * @example
 * import { criticalSamples } from '@cnnviz/adversarial';
 *
 * const found = await criticalSamples(model, images, { bounds: [0, 1], maxSteps: 5, seed: 0 });
 * console.log(found.critical, found.steps, found.predictions, found.criticalPredictions);
 * tf.dispose(found.images);
 */
export async function criticalSamples(
  model: Classifier,
  images: Tensor4D,
  options: CriticalSamplesOptions,
): Promise<CriticalSamples> {
  const check = checker('@cnnviz/adversarial', 'criticalSamples');
  check.options(options);
  requireLongWork(check, options);
  const settings = {
    ...checkLassOptions(check, options),
    stopBelow: check.number('stopBelow', options.stopBelow ?? 0, { integer: true, min: 0 }),
  };
  const first = check.number('first', options.first ?? 0, { integer: true, min: 0 });
  options.signal?.throwIfAborted();
  const onHost = await readImages(check, model, images, options);
  const streams = randomsOfImages(settings.seed, numbersFrom(first, images.shape[0]));
  const { points, ...found } = await lass(check, model, onHost, streams, settings, options);
  return { images: tf.tensor4d(points, images.shape), ...found };
}

/** Checks a batch of images and reads it. */
export async function readImages(
  check: Check,
  model: Classifier,
  images: Tensor4D,
  { bounds }: Pick<LassOptions, 'bounds'>,
): Promise<HostImages> {
  check.callable('model', model);
  check.images('images', images);
  const [count, height, width, channels] = images.shape;
  if (count === 0) check.fail('range', 'images', 'at least one image', images);
  requireGradients(check);
  await requireWithin(check, 'images', images, bounds);
  return { values: await images.data<'float32'>(), shape: [height, width, channels] };
}
