import type { Check, Classifier, FailedImage } from '@cnnviz/internal';
import { checker, reportProgress, requireGradients, requireLongWork, throwIfAborted } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { chooseImages } from '../batches/choose-images.ts';
import { noFailures } from '../batches/failures.ts';
import { ascend, evaluate, readScores } from './ascend-targets.ts';
import { checkFoolingOptions, type FoolingImagesOptions } from './fooling-options.ts';
import { startImages } from './start-images.ts';
import { type FirstSteps, trackTargets } from './track-targets.ts';

export interface FoolingImages {
  /** The best image found for each target, `[targets, h, w, c]` inside `bounds`. The caller disposes. */
  images: Tensor4D;
  targets: number[];
  /** Probability of the target in `images`. */
  confidences: number[];
  /** The step that each image is from; 0 is the noise. */
  bestSteps: number[];
  /** The first step at which each target led, and exceeded each level. */
  firstSteps: FirstSteps;
  /**
   * Images that were given up because their logits or gradients were not finite. The search continued with the others.
   * For these, `images` holds the best until then.
   */
  failed: FailedImage[];
  /** Steps taken. */
  steps: number;
}

/**
 * Makes images that look like noise and that the model takes for given classes with near certainty, by gradient ascent.
 *
 * There is one image per target, all in one batch. Each step evaluates the images, moves them along the gradient and
 * clips them to `bounds`. Every target starts from the same noise, as in the released code. If a target is repeated, its
 * second image starts from a second noise, and so on.
 *
 * Three things differ from the released code. The result is the best image; there, by a slip, it is the last. The
 * gradient of a probability p vanishes where the network is certain, so the ascent follows that of log(p / (1 - p)),
 * which has the same direction and does not vanish. The wanted gain of probability becomes a step along the logistic
 * curve instead of its tangent, because near p = 0 the tangent would ask for steps that leave the image black and white.
 * In place of the largest learning rate (1e12), no pixel moves by more than max - min in one step.
 *
 * @param model Images `[n, h, w, c]` to logits `[n, classes]`.
 * @returns The best image found for each target, in `images`, which the caller disposes; the rest is plain data.
 * @throws RangeError if a target has no logit, or an option is outside its range.
 * @throws TypeError if an option is of another kind, or `model` does not return logits `[n, 2 or more]`.
 * @throws Error if no image is left whose logits and gradients are finite (and at which step), no gradients are
 *   registered, or the wasm backend is active without `registerWasmGradients`.
 * @see Nguyen, Yosinski, Clune, "Deep Neural Networks are Easily Fooled", CVPR 2015, https://arxiv.org/abs/1412.1897;
 *   `find_fooling_image.py` of its released code.
 *
 * @example
 * import { foolingImages } from '@cnnviz/adversarial';
 *
 * const { images, confidences } = await foolingImages(model, {
 *   shape: [28, 28, 1],
 *   targets: [0, 1, 2],
 *   bounds: [0, 1],
 *   seed: 0,
 * });
 */
export async function foolingImages(model: Classifier, options: FoolingImagesOptions): Promise<FoolingImages> {
  const check = checker('@cnnviz/adversarial', 'foolingImages');
  check.options(options);
  requireLongWork(check, options);
  check.callable('model', model);
  const settings = checkFoolingOptions(check, options);
  requireGradients(check);
  throwIfAborted(options);
  const { targets, steps, stopAt } = settings;
  const track = trackTargets(targets.length);
  const failures = noFailures(check, targets.length);
  const labels = tf.tensor1d(targets, 'int32');
  let images = startImages(settings);
  let best = tf.clone(images);
  try {
    for (let step = 0; ; step++) {
      const evaluation = evaluate(check, model, images, labels, settings.objective);
      try {
        if (step === 0) requireTargets(check, targets, evaluation.classes);
        const scores = await readScores(evaluation.scores);
        const counts = scores.map(({ broken }, image) => broken !== 'logits' && !failures.has(image));
        for (const [image, { broken }] of scores.entries()) if (broken) failures.add(image, step, broken);
        failures.requireSomeLeft();
        best = replace(best, chooseImages(track.add(scores, counts, step), images, best));
        images = replace(images, ascend(images, evaluation.direction, scores, step, settings));
      } finally {
        tf.dispose([evaluation.scores, evaluation.direction]);
      }
      const done = step + 1;
      const { confidences, bestSteps, firstSteps } = track;
      await reportProgress(options, { done, total: steps, confidences: [...confidences] });
      const isOver = confidences.every((confidence, image) => confidence >= stopAt || failures.has(image));
      if (done === steps || isOver) {
        return { images: best, targets, confidences, bestSteps, firstSteps, failed: failures.list(), steps: done };
      }
    }
  } catch (error) {
    tf.dispose(best);
    throw error;
  } finally {
    tf.dispose([labels, images]);
  }
}

function requireTargets(check: Check, targets: readonly number[], classes: number): void {
  for (const target of targets) check.number('targets', target, { integer: true, min: 0, max: classes - 1 });
}

function replace(previous: Tensor4D, next: Tensor4D): Tensor4D {
  tf.dispose(previous);
  return next;
}
