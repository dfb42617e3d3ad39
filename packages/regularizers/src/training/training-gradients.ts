import {
  askAtOnce,
  type Check,
  type LabeledImages,
  type NamedGradients,
  namedGradients,
  oneHot,
  ownResult,
  type Random,
  requireWithin,
  type Trainable,
  tensorsOf,
  warnOfProbabilities,
} from '@cnnviz/internal';
import type { Scalar, Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { mixup } from '../augmentation/mixup.ts';
import { correctOf, crossEntropy, requireLogits, requireScalar } from './evaluate.ts';
import { labelSmoothing } from './label-smoothing.ts';
import type { TrainableModel, TrainOptions } from './train-options.ts';

/** What one batch measures before its step: means over its examples, and how many of them were classified correctly. */
export interface Measured {
  loss: number;
  penalty: number;
  correct: number;
  examples: number;
}

/**
 * The gradients of the loss and penalty of a batch, as training sees it: augmented, mixed and smoothed.
 *
 * @param random Draws the seeds of the step, three numbers.
 * @returns Gradients that the caller disposes, and what was measured on the way.
 */
export async function trainingGradients(
  check: Check,
  model: TrainableModel | Trainable,
  batch: LabeledImages,
  random: Random,
  options: TrainOptions,
): Promise<Measured & { gradients: NamedGradients }> {
  const stepSeed = random.integer(2 ** 32);
  const seeds = { augmentation: random.integer(2 ** 32), mixup: random.integer(2 ** 32) };
  const { loss: lossOf = crossEntropy, penalty } = options;
  const examples = batch.images.shape[0];
  let classes = 0;
  let measured: Tensor | undefined;

  const input = inputOf(check, model, batch, seeds, options);
  const penalizedLoss = () => {
    const apply = (images: Tensor4D) =>
      model.apply(images, { training: true, seed: stepSeed } as { training: boolean });
    const logits = askAtOnce(check, apply, input.images);
    classes = requireLogits(check, logits, examples).shape[1];
    if (lossOf === crossEntropy) warnOfProbabilities(check, model, logits);
    const labels = input.labels ?? targetsOf(batch, classes, options.labelSmoothing);
    const loss = requireScalar(check, 'loss', lossOf(logits, labels));
    const added = penalty === undefined ? tf.scalar(0) : requireScalar(check, 'penalty', penalty(model.variables));
    measured = tf.keep(tf.stack([loss, added, correctOf(logits, labels)]));
    return tf.add(loss, added) as Scalar;
  };
  let gradients: NamedGradients = [];
  try {
    gradients = namedGradients(model.variables, penalizedLoss);
    await requireWithin(check, 'labels', batch.labels, [0, classes - 1]);
    const [loss, added, correct] = await measured!.data();
    return { gradients, loss: loss!, penalty: added!, correct: correct!, examples };
  } catch (error) {
    tf.dispose(tensorsOf(gradients));
    throw error;
  } finally {
    tf.dispose([input.images, input.labels, measured]);
  }
}

/** What the model sees of a batch, and the labels where mixing them changes them; freed of what it was made from. */
function inputOf(
  check: Check,
  model: TrainableModel | Trainable,
  batch: LabeledImages,
  seeds: { augmentation: number; mixup: number },
  { augmentation, mixup: mixing, labelSmoothing: smoothing }: TrainOptions,
): { images: Tensor4D; labels?: Tensor2D | undefined } {
  return ownResult(() => {
    const images = augmentation === undefined ? batch.images : augmentation(batch.images, { seed: seeds.augmentation });
    const [count] = check.images('what augmentation returns', images).shape;
    if (count !== batch.images.shape[0]) {
      check.fail('range', 'what augmentation returns', `${batch.images.shape[0]} images`, images);
    }
    if (mixing === undefined) return { images };
    // Mixing needs the number of classes, which the model tells, and of all images: its batch size may be fixed.
    const apply = (all: Tensor4D) => model.apply(all, { training: false });
    const logits = askAtOnce(check, apply, images);
    const [, classes] = requireLogits(check, logits, count).shape;
    const labels = targetsOf(batch, classes, smoothing);
    return { ...mixup(mixing)({ images, labels }, { seed: seeds.mixup }) };
  });
}

function targetsOf(batch: LabeledImages, classes: number, smoothing = 0): Tensor2D {
  const targets = oneHot(batch.labels, classes);
  return smoothing === 0 ? targets : labelSmoothing(targets, { smoothing });
}
