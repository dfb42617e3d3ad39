import type { Bounds, Classifier } from '@cnnviz/internal';
import { checker, nanWhereOutside, requireGradients, warnOfOutside } from '@cnnviz/internal';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { floorToFloat32 } from '../geometry/floor-to-float32.ts';
import { perturb } from '../geometry/perturb.ts';
import { type L1Step, l1Steps, type Norm, norms, stepDirection } from '../geometry/step-direction.ts';
import { logOddsGradient } from '../losses/log-odds.ts';
import { logitsAndGradient } from '../losses/logits-and-gradient.ts';

export interface FgsmOptions {
  /** Length of the step, >= 0, in the units of the pixels: 8 / 255 of [0, 1] is 8 of [0, 255]. */
  epsilon: number;
  /** What a valid pixel may be: the range that the model was trained on. */
  bounds: Bounds;
  /** What the length is measured in. Default: `linf`. */
  norm?: Norm;
  /** Whether `labels` are classes to reach rather than to leave. Default: false. */
  targeted?: boolean;
  /**
   * With `norm: 'l1'`: step along the gradient divided by its L1 length, as foolbox does (`gradient`), or by the whole
   * of `epsilon` in the value with the largest gradient, as CleverHans does (`coordinate`): the steepest step, which
   * soon leaves the bounds and is clipped. Default: `gradient`.
   */
  l1Step?: L1Step;
}

/**
 * Fast gradient sign method: one step of length `epsilon` along the normalized gradient of the loss.
 *
 * As in foolbox, the loss is the cross-entropy summed over the batch, and the point is clipped to `bounds` after the
 * step. The factor 1 - p of its gradient, which normalizing cancels, is left out: a network that is certain in float32
 * (p = 1) is attacked like any other. An image whose gradient is zero is returned as it is.
 *
 * Nothing waits for the device. What only a reading could find shows as NaN in the image concerned: pixels outside
 * `bounds`, logits or a gradient that are not finite, and a label without a logit. The console says of images outside
 * `bounds` when their values arrive, once for each model. The first logits of a model are read then too, to warn if they
 * look like probabilities.
 *
 * @param model Images `[n, h, w, c]` to logits `[n, classes]`.
 * @param images `[n, h, w, c]` inside `bounds`; not modified. One that is not comes back as NaN.
 * @param labels Class of each image, `[n]` int32: what the step leads away from or, if `targeted`, towards.
 * @returns Adversarial images `[n, h, w, c]`, inside `bounds` and within `epsilon` of `images` as computed in float32
 *   (L2 and L1: in exact arithmetic on the float32 pixels). The caller disposes.
 * @throws RangeError if `epsilon` is negative, `bounds` are reversed or `labels` are not as many as `images`.
 * @throws TypeError if an argument is of another kind, or `model` does not return logits `[n, 2 or more]`.
 * @throws Error if no gradients are registered, or the wasm backend is active without `registerWasmGradients`.
 * @see Goodfellow, Shlens, Szegedy, "Explaining and Harnessing Adversarial Examples", ICLR 2015,
 *   https://arxiv.org/abs/1412.6572.
 *
 * @example
 * import { fgsm } from '@cnnviz/adversarial';
 *
 * const adversarial = fgsm(model, images, labels, { epsilon: 8 / 255, bounds: [0, 1] });
 */
export function fgsm(model: Classifier, images: Tensor4D, labels: Tensor1D, options: FgsmOptions): Tensor4D {
  const check = checker('@cnnviz/adversarial', 'fgsm');
  check.options(options);
  check.callable('model', model);
  check.images('images', images);
  check.labels('labels', labels, { count: images.shape[0] });
  const epsilon = check.number('epsilon', options.epsilon, { min: 0 });
  const bounds = check.bounds('bounds', options.bounds);
  const norm = check.oneOf('norm', options.norm ?? 'linf', norms);
  const targeted = check.boolean('targeted', options.targeted ?? false);
  const l1Step = check.oneOf('l1Step', options.l1Step ?? 'gradient', l1Steps);
  requireGradients(check);
  const result = tf.tidy(() => {
    if (epsilon === 0) return nanWhereOutside(images, images, bounds);
    const { gradient } = logitsAndGradient(check, model, images, (logits) => logOddsGradient(logits, labels));
    const towardsLabel = stepDirection(gradient, norm, l1Step);
    const length = floorToFloat32(epsilon);
    const moved = perturb(images, tf.mul(towardsLabel, targeted ? length : -length), bounds);
    return nanWhereOutside(moved, images, bounds);
  });
  warnOfOutside(check, 'images', images, bounds, model);
  return result;
}
