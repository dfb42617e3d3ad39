import {
  askAtOnce,
  type Batches,
  type Check,
  checker,
  createRandom,
  disposeTapeOnThrow,
  type LabeledImages,
  type LongWork,
  reportProgress,
  requireBatches,
  requireGradients,
  requireLongWork,
  requireOptimizer,
  requireTrainable,
  requireWithin,
  type Trainable,
  throwIfAborted,
  warnOfProbabilities,
} from '@cnnviz/internal';
import type { Optimizer, Scalar, Tensor, Tensor2D, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { checkLogits } from '../losses/logits-and-gradient.ts';
import { oneHot } from '../losses/one-hot.ts';
import { type CriticalSampleBatchesOptions, classifierOf, mixCriticalSamples } from './critical-sample-batches.ts';

/** A {@link Trainable} that may take a seed, another one in each step, for what it drops at random. */
export interface SeededTrainable {
  /** Images `[n, h, w, c]` to logits `[n, classes]`; the caller disposes. */
  apply(images: Tensor4D, options: { training: boolean; seed?: number }): Tensor2D;
  variables: Variable[];
}

export interface CriticalTrainingRecord {
  /** From 0. */
  epoch: number;
  /** Mean cross-entropy in nats of the mixed batches, each before its step. */
  loss: number;
  /** Part of the mixed batches that was classified as labeled, each before its step, from 0 to 1. */
  accuracy: number;
  /** Part of the searches that found a critical sample; `null` where there was none. */
  criticalSampleRatio: number | null;
}

export interface CriticalTrainingProgress extends CriticalTrainingRecord {
  /** Batches of the epoch that are done. The numbers are of these. */
  batch: number;
  /** At the end of an epoch, the same once more as it will be returned. */
  record?: CriticalTrainingRecord;
}

export interface TrainOnCriticalSamplesOptions
  extends Omit<CriticalSampleBatchesOptions, 'onFound' | 'signal'>,
    LongWork<CriticalTrainingProgress> {
  /** Of tfjs-core, such as `tf.train.momentum(0.01, 0.9)`. Still the caller's. */
  optimizer: Optimizer;
  /** How often all batches are gone through, >= 1. */
  epochs: number;
}

/**
 * Trains a model on critical samples that are found on the way: in each batch they take the place of a part `weight` of
 * the images, as `criticalSampleBatches` says. Together with dropout this hinders learning by heart, at little cost where
 * there is something to learn.
 *
 * The loop is a bare one. For schedules, penalties, validation, early stopping and checkpoints hand
 * `criticalSampleBatches` to `train` of `@cnnviz/regularizers`.
 *
 * @param model Its `variables` are changed in place. Dropout is its own affair: it is told whether it is training, and a
 *   `seed` for each step.
 * @param batches Images `[n, h, w, c]` inside `bounds` and labels `[n]` int32; or a function that gives those of an epoch.
 * @returns What was measured in each epoch.
 * @throws RangeError if an option is out of its range, an image outside `bounds`, a label has no logit or there is no
 *   batch.
 * @throws Error if the loss, logits or gradients are not finite. The variables are then what the last step made them.
 * @throws The signal's reason if it is aborted.
 * @see Arpit et al., "A Closer Look at Memorization in Deep Networks", ICML 2017, https://arxiv.org/abs/1706.05394.
 *
 * @example
 * import { trainOnCriticalSamples } from '@cnnviz/adversarial';
 *
 * const history = await trainOnCriticalSamples(trainable, [{ images, labels }], {
 *   optimizer: tf.train.sgd(0.01),
 *   epochs: 2,
 *   bounds: [0, 1],
 *   weight: 0.5,
 *   seed: 0,
 * });
 */
export async function trainOnCriticalSamples(
  model: SeededTrainable | Trainable,
  batches: Batches<LabeledImages> | ((epoch: number) => Batches<LabeledImages>),
  options: TrainOnCriticalSamplesOptions,
): Promise<CriticalTrainingRecord[]> {
  const check = checker('@cnnviz/adversarial', 'trainOnCriticalSamples');
  check.options(options);
  requireLongWork(check, options);
  requireGradients(check);
  requireTrainable(check, 'model', model);
  const batchesOf = typeof batches === 'function' ? batches : () => batches;
  if (typeof batches !== 'function') requireBatches(check, 'batches', batches);
  const optimizer = requireOptimizer(check, 'optimizer', options.optimizer);
  const epochs = check.number('epochs', options.epochs, { integer: true, min: 1 });
  const random = createRandom(check.seed('seed', options.seed));
  throwIfAborted(options);

  const history: CriticalTrainingRecord[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    let [examples, loss, correct, searched, critical] = [0, 0, 0, 0, 0];
    const measured = (): CriticalTrainingRecord => ({
      epoch,
      loss: loss / examples,
      accuracy: correct / examples,
      criticalSampleRatio: searched === 0 ? null : critical / searched,
    });
    let batch = 0;
    const mixed = mixCriticalSamples(check, model, requireBatches(check, 'batches', batchesOf(epoch)), {
      ...options,
      seed: random.integer(2 ** 32),
      onFound: (found) => {
        searched += found.searched;
        critical += found.critical;
      },
    });
    for await (const labeled of mixed) {
      const step = await takeStep(check, model, labeled, optimizer, random.integer(2 ** 32));
      const count = labeled.images.shape[0];
      if (!Number.isFinite(step.loss)) {
        check.failBecause('state', `the loss must be finite, got ${step.loss} in epoch ${epoch}, batch ${batch}`);
      }
      batch++;
      examples += count;
      loss += step.loss * count;
      correct += step.correct;
      await reportProgress(options, { ...measured(), batch });
    }
    if (examples === 0) check.fail('range', 'batches', 'at least one batch', []);
    const record = measured();
    history.push(record);
    await reportProgress(options, { ...record, batch, record });
  }
  return history;
}

/** One step of the optimizer, unless the loss is not finite. */
async function takeStep(
  check: Check,
  model: SeededTrainable,
  { images, labels }: LabeledImages,
  optimizer: Optimizer,
  seed: number,
): Promise<{ loss: number; correct: number }> {
  let measured: Tensor | undefined;
  let classes = 0;
  const lossOf = () => {
    const answer = askAtOnce(check, (given: Tensor4D) => model.apply(given, { training: true, seed }), images);
    const logits = checkLogits(check, answer, images.shape[0]);
    classes = logits.shape[1];
    warnOfProbabilities(check, classifierOf(model), logits);
    const loss = tf.losses.softmaxCrossEntropy(oneHot(labels, classes), logits) as Scalar;
    const isCorrect = tf.equal(tf.argMax(logits, 1), labels);
    measured = tf.keep(tf.stack([loss, tf.sum(tf.cast(isCorrect, 'float32'))]));
    return loss;
  };
  let gradients: Record<string, Tensor> = {};
  try {
    gradients = tf.tidy(() => disposeTapeOnThrow(() => tf.variableGrads(lossOf, model.variables).grads));
    await requireWithin(check, 'labels', labels, [0, classes - 1]);
    const [loss, correct] = await measured!.data();
    const isUsed = ({ name }: Variable) => gradients[name] !== undefined && gradients[name] !== null;
    const used = model.variables.filter(isUsed).map(({ name }) => ({ name, tensor: gradients[name]! }));
    if (Number.isFinite(loss)) optimizer.applyGradients(used);
    return { loss: loss!, correct: correct! };
  } finally {
    tf.dispose([measured, gradients]);
  }
}
