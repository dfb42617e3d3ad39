import {
  askAtOnce,
  assignWeights,
  type BatchesOfEpochs,
  type Check,
  checker,
  createRandom,
  failNotFinite,
  fingerprint,
  type LabeledImages,
  type NamedGradients,
  namedGradients,
  oneHot,
  readOptimizer,
  readWeights,
  requireGradients,
  requireKeepable,
  requireOptimizer,
  requireTrainable,
  requireTraining,
  requireVariables,
  requireWeights,
  requireWithin,
  restoreOptimizer,
  restoreRandom,
  runEpochs,
  type Trainable,
  type TrainingOptions,
  type TrainingProgress,
  tensorsOf,
  throwIfAborted,
  warnOfProbabilities,
} from '@cnnviz/internal';
import type { Optimizer, Scalar, Tensor, Tensor2D, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { checkLogits } from '../losses/logits-and-gradient.ts';
import { type CriticalSampleBatchesOptions, classifierOf, criticalSampleMixer } from './critical-sample-batches.ts';
import {
  type CriticalTrainingCheckpoint,
  type CriticalTrainingSums,
  format,
  requireCheckpoint,
} from './critical-training-checkpoint.ts';

/** A {@link Trainable} that may take a seed, which differs in each step, for what it drops at random. */
export interface SeededTrainable {
  /** Images `[n, h, w, c]` to logits `[n, classes]`; the caller disposes. */
  apply(images: Tensor4D, options: { training: boolean; seed?: number }): Tensor2D;
  variables: Variable[];
  /** What the model itself changes in training, such as the moving averages of batch normalization. Saved, too. */
  state?: Variable[];
}

/** The means of an epoch, or of a part of one. */
export interface CriticalTrainingMeasures {
  /** Mean cross-entropy in nats of the mixed batches, each before its step. */
  loss: number;
  /** Fraction of the mixed batches that was classified as labeled, each before its step, from 0 to 1. */
  accuracy: number;
  /** Fraction of the searches that found a critical sample; `null` if there was no search. */
  criticalSampleRatio: number | null;
}

export interface CriticalTrainingRecord extends CriticalTrainingMeasures {
  /** From 0. */
  epoch: number;
}

export interface CriticalTrainingProgress
  extends CriticalTrainingMeasures,
    TrainingProgress<CriticalTrainingCheckpoint> {
  /** At the end of an epoch. */
  record?: CriticalTrainingRecord;
}

export interface TrainOnCriticalSamplesOptions
  extends Omit<CriticalSampleBatchesOptions, 'onFound' | 'signal' | 'seed'>,
    TrainingOptions<CriticalTrainingProgress, CriticalTrainingCheckpoint> {
  /** An optimizer of tfjs-core, such as `tf.train.momentum(0.01, 0.9)`. It stays the caller's. */
  optimizer: Optimizer;
  /** Decides which images give way, the noise of the searches and the seeds that the model gets. Default: 0. */
  seed?: number;
  /**
   * A state from `progress.state()` or `onCheckpoint`, to continue from. On the same backend, and with the same batches
   * and options, the result is bit for bit that of an uninterrupted training.
   */
  resume?: CriticalTrainingCheckpoint;
}

/**
 * Trains a model on critical samples that are found on the way: in each batch they replace a fraction `weight` of the
 * images, as in `criticalSampleBatches`. Together with dropout this hinders memorization, at little cost where there is
 * something to learn.
 *
 * For schedules, penalties, validation and early stopping hand `criticalSampleBatches` to `train` of
 * `@cnnviz/regularizers`.
 *
 * @param model Its `variables` are changed in place. It is told whether it is training, and a `seed` for each step, so that
 *   it can apply its own dropout.
 * @param batches Images `[n, h, w, c]` inside `bounds` and labels `[n]` int32; or a function that gives those of an epoch.
 *   Batches are read and not disposed.
 * @param options `optimizer`, `epochs` and `bounds` are required.
 * @returns What was measured in each epoch: plain data.
 * @throws RangeError if an option is out of range, an image is outside `bounds`, a label has no logit, there is no batch,
 *   or `resume` is of another version, model, optimizer or seed.
 * @throws TypeError if an argument is of another kind.
 * @throws Error if the loss, logits or gradients are not finite. The variables are then what the last step made them.
 * @throws The signal's reason if it is aborted.
 * @see Arpit et al., "A Closer Look at Memorization in Deep Networks", ICML 2017, https://arxiv.org/abs/1706.05394.
 *
 * @example
 * import { trainOnCriticalSamples } from '@cnnviz/adversarial';
 *
 * const { history } = await trainOnCriticalSamples(trainable, [{ images, labels }], {
 *   optimizer: tf.train.sgd(0.01),
 *   epochs: 2,
 *   bounds: [0, 1],
 *   weight: 0.5,
 * });
 */
export async function trainOnCriticalSamples(
  model: SeededTrainable | Trainable,
  batches: BatchesOfEpochs<LabeledImages>,
  options: TrainOnCriticalSamplesOptions,
): Promise<{ history: CriticalTrainingRecord[] }> {
  const check = checker('@cnnviz/adversarial', 'trainOnCriticalSamples');
  requireTraining(check, batches, options);
  requireGradients(check);
  const all = requireModel(check, model);
  const optimizer = requireOptimizer(check, 'optimizer', options.optimizer);
  const { resume, seed = 0 } = options;
  check.seed('seed', seed);
  throwIfAborted(options);

  let sums = resume?.running ?? noSums;
  const mix = criticalSampleMixer(check, model, {
    ...options,
    seed,
    onFound: ({ searched, critical }) => {
      sums = { ...sums, searched: sums.searched + searched, critical: sums.critical + critical };
    },
  });
  if (resume !== undefined) restoreModel(check, resume, model, all, optimizer, seed);
  const random = resume === undefined ? createRandom(seed) : restoreRandom(resume.random);
  let mixing = resume?.mixing ? restoreRandom(resume.mixing) : undefined;
  const history = [...(resume?.history ?? [])];

  await runEpochs(check, options, {
    batches,
    from: resume,
    startEpoch: (epoch) => {
      const isResumedWithin = epoch === resume?.epoch && resume.batch > 0;
      if (!isResumedWithin) mixing = createRandom(random.integer(2 ** 32));
    },
    step: async (labeled, { epoch, batch }) => {
      const mixed = await mix(labeled, mixing!);
      try {
        const { loss, correct } = await takeStep(check, model, mixed, optimizer, random.integer(2 ** 32));
        if (!Number.isFinite(loss)) {
          failNotFinite(check, 'the loss', { got: loss, where: `in epoch ${epoch}, batch ${batch}` });
        }
        const examples = mixed.images.shape[0];
        sums = {
          ...sums,
          examples: sums.examples + examples,
          loss: sums.loss + loss * examples,
          correct: sums.correct + correct,
        };
      } finally {
        mixed.images.dispose();
      }
    },
    measures: () => meansOf(sums),
    finishEpoch: async (epoch) => {
      const record = { epoch, ...meansOf(sums) };
      history.push(record);
      sums = noSums;
      return record;
    },
    state: async ({ epoch, batch, done }) => ({
      ...format,
      model: fingerprint(all),
      seed,
      epoch,
      batch,
      done,
      random: random.state(),
      mixing: mixing?.state() ?? null,
      running: sums,
      history: [...history],
      weights: await readWeights(all),
      optimizer: await readOptimizer(optimizer),
    }),
  });
  return { history };
}

const noSums: CriticalTrainingSums = { examples: 0, loss: 0, correct: 0, searched: 0, critical: 0 };

function meansOf({ examples, loss, correct, searched, critical }: CriticalTrainingSums): CriticalTrainingMeasures {
  return {
    loss: loss / examples,
    accuracy: correct / examples,
    criticalSampleRatio: searched === 0 ? null : critical / searched,
  };
}

/** All variables that training changes. */
function requireModel(check: Check, model: SeededTrainable | Trainable): readonly Variable[] {
  requireTrainable(check, 'model', model);
  const { state = [] } = model as SeededTrainable;
  if (!Array.isArray(state) || state.length > 0) requireVariables(check, 'model.state', state);
  const all = [...model.variables, ...state];
  requireKeepable(check, 'model.variables', all);
  return all;
}

/** Gives the model and its optimizer their saved state; checks all of it first. */
function restoreModel(
  check: Check,
  resume: CriticalTrainingCheckpoint,
  model: SeededTrainable | Trainable,
  all: readonly Variable[],
  optimizer: Optimizer,
  seed: number,
): void {
  requireCheckpoint(check, resume, { model: fingerprint(all), seed });
  requireWeights(check, all, resume.weights);
  restoreRandom(resume.random);
  if (resume.mixing !== null) restoreRandom(resume.mixing);
  restoreOptimizer(check, optimizer, resume.optimizer, model.variables);
  assignWeights(check, all, resume.weights);
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
  let gradients: NamedGradients = [];
  try {
    gradients = namedGradients(model.variables, lossOf);
    await requireWithin(check, 'labels', labels, [0, classes - 1]);
    const [loss, correct] = await measured!.data();
    if (Number.isFinite(loss)) optimizer.applyGradients(gradients);
    return { loss: loss!, correct: correct! };
  } finally {
    tf.dispose([measured, ...tensorsOf(gradients)]);
  }
}
