import {
  askAtOnce,
  assignWeights,
  type Batches,
  type Check,
  checker,
  cleanUp,
  createRandom,
  disposeTapeOnThrow,
  fingerprint,
  isA,
  type LabeledImages,
  type LongWork,
  learningRateOf,
  ownResult,
  type Random,
  readOptimizer,
  readWeights,
  reportProgress,
  requireBatches,
  requireGradients,
  requireKeepable,
  requireLongWork,
  requireOptimizer,
  requireWeights,
  requireWithin,
  restoreOptimizer,
  restoreRandom,
  setLearningRate,
  type Trainable,
  throwIfAborted,
  warnOfProbabilities,
} from '@cnnviz/internal';
import type { Optimizer, Scalar, Tensor, Tensor2D, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Augmentation } from '../augmentation/augmentation.ts';
import { mixup } from '../augmentation/mixup.ts';
import type { WeightChoice } from '../penalties/is-weight.ts';
import { decayWeights } from '../penalties/weight-decay.ts';
import { type Checkpoint, checkpointVersion, type RunningSums, requireCheckpoint } from './checkpoint.ts';
import { EarlyStopping, type EarlyStoppingOptions } from './early-stopping.ts';
import {
  correctOf,
  crossEntropy,
  evaluate,
  type Loss,
  requireApplicable,
  requireLogits,
  requireScalar,
} from './evaluate.ts';
import { labelSmoothing } from './label-smoothing.ts';
import { requireExamples } from './labeled-images.ts';
import type { Schedule } from './schedule.ts';

/**
 * A {@link Trainable} as `train` calls it. Any Trainable is one; these two parts are there for the models that need them.
 */
export interface TrainableModel {
  /** `seed` is another one in each step of training, and the same again after a resume: `dropout` takes it. */
  apply(images: Tensor4D, options: { training: boolean; seed?: number }): Tensor2D;
  variables: Variable[];
  /** What the model changes itself in training, such as the moving averages of batch normalization, or a counter of steps. */
  state?: Variable[];
}

export interface EpochRecord {
  /** From 0. */
  epoch: number;
  learningRate: number;
  /** Mean over the epoch's batches, each before its step, without the penalty. */
  loss: number;
  /** Mean penalty of the batches. */
  penalty: number;
  /** Part of the examples that were classified right, each before the step of its batch, from 0 to 1. */
  accuracy: number;
  /** After the epoch, not training. */
  validationLoss?: number;
  validationAccuracy?: number;
}

/** What ended the training: its last epoch, early stopping, or the caller's `stopWhen`. */
export type StoppedBy = 'epochs' | 'earlyStopping' | 'stopWhen';

export interface TrainProgress {
  epoch: number;
  /** Batches of the epoch that are done. */
  batch: number;
  /** Mean over the epoch so far. */
  loss: number;
  accuracy: number;
  /** At the end of an epoch. */
  record?: EpochRecord;
}

export interface TrainOptions extends LongWork<TrainProgress> {
  /** Of tfjs-core, such as `tf.train.momentum(0.01, 0.9)`. Still the caller's. */
  optimizer: Optimizer;
  /** How often all batches are gone through, >= 1. */
  epochs: number;
  /** Decides augmentation, mixup and the seeds that the model gets. */
  seed: number;
  /** Learning rate of each epoch. Default: the optimizer's. */
  schedule?: Schedule;
  /**
   * Default: the cross-entropy of softmax, for which the model has to return logits; `train` warns once of one that seems
   * to return probabilities.
   */
  loss?: Loss;
  /** Added to the loss, such as `(variables) => l2Penalty(variables, { lambda: 1e-4 })`. Default: none. */
  penalty?: (variables: readonly Variable[]) => Scalar;
  /** Decoupled weight decay, `w ← (1 - learningRate · weightDecay) w` before each step. Default: 0. */
  weightDecay?: number;
  /** What `weightDecay` decays. Default: `isWeight`. */
  penalize?: WeightChoice;
  /** May return the images themselves. Default: none. */
  augmentation?: Augmentation;
  /** Default: none. */
  mixup?: { alpha: number };
  /** Part of the label that is spread over all classes. Default: 0. */
  labelSmoothing?: number;
  /** Measured after each epoch. */
  validation?: Batches<LabeledImages>;
  /** `monitor` is what it looks at. Best weights are restored whatever stopped training, an error or abort included. */
  earlyStopping?: EarlyStoppingOptions & { monitor: 'loss' | 'accuracy' | 'validationLoss' | 'validationAccuracy' };
  /** Ends training after the epoch for which it is true. */
  stopWhen?: (record: EpochRecord) => boolean;
  /** Takes a checkpoint after each epoch, to keep it. Awaited. */
  onCheckpoint?: (checkpoint: Checkpoint) => void | Promise<void>;
  /** Takes one after so many batches too. Default: only after each epoch. */
  checkpointEvery?: number;
  /** Goes on from here: on the same backend to bit-identical results, given the same batches and options. */
  checkpoint?: Checkpoint;
}

export interface TrainResult {
  history: EpochRecord[];
  stoppedBy: StoppedBy;
  /** With `earlyStopping`: the epoch whose metric was best. */
  bestEpoch?: number;
}

/**
 * Trains a model by gradient descent.
 *
 * @param model Its `variables` are changed in place.
 * @param batches Images `[n, h, w, c]` as the model takes them and labels `[n]` int32; or a function that gives those of
 *   an epoch, for another order in each.
 * @returns What was measured in each epoch, and what ended training.
 * @throws RangeError if an option is out of range, there is no batch, a label has no logit, or there are fewer than two.
 * @throws TypeError if an option is of another kind, or a callback returns something else than it must.
 * @throws Error if no gradients are registered, or on the wasm backend without `registerWasmGradients`.
 * @throws Error if the loss is not finite, with epoch and batch. The weights are then those for which it last was, and
 *   the checkpoint before stays as it is.
 * @throws RangeError if `checkpoint` is of another version, model, optimizer or seed.
 * @throws The signal's reason if it is aborted.
 *
 * @example
 * import { exponentialRate, l2Penalty, train } from '@cnnviz/regularizers';
 *
 * const optimizer = tf.train.momentum(0.01, 0.9);
 * const { history } = await train(trainable, [{ images, labels }], {
 *   optimizer,
 *   epochs: 2,
 *   seed: 0,
 *   schedule: exponentialRate({ initial: 0.01, factor: 0.95 }),
 *   penalty: (variables) => l2Penalty(variables, { lambda: 1e-4 }),
 * });
 */
export async function train(
  model: TrainableModel | Trainable,
  batches: Batches<LabeledImages> | ((epoch: number) => Batches<LabeledImages>),
  options: TrainOptions,
): Promise<TrainResult> {
  const check = checker('@cnnviz/regularizers', 'train');
  requireGradients(check);
  checkOptions(check, model, batches, options);
  throwIfAborted(options);
  const { optimizer, epochs, seed, checkpoint, earlyStopping, validation } = options;
  const variables = [...model.variables];
  const all = [...variables, ...((model as TrainableModel).state ?? [])];
  const modelPrint = fingerprint(all);
  const stopping = earlyStopping === undefined ? undefined : stoppingFrom(earlyStopping);
  const ownRate = learningRateOf(check, optimizer);

  let random = createRandom(seed);
  let sums = noSums;
  let history: EpochRecord[] = [];
  let stoppedBy: StoppedBy | undefined;
  let firstEpoch = 0;
  let batchesDone = 0;
  if (checkpoint !== undefined) {
    requireCheckpoint(check, checkpoint, { model: modelPrint, seed });
    requireWeights(check, all, checkpoint.weights);
    random = restoreRandom(checkpoint.random);
    if (checkpoint.earlyStopping !== null && stopping !== undefined) {
      stopping.resume(checkpoint.earlyStopping);
      const { weights, monitor } = checkpoint.earlyStopping;
      if (monitor !== earlyStopping!.monitor) {
        check.fail('range', 'earlyStopping.monitor', `"${monitor}", as in the checkpoint`, earlyStopping!.monitor);
      }
      if (weights !== null) requireWeights(check, all, weights);
    }
    restoreOptimizer(check, optimizer, checkpoint.optimizer, variables);
    assignWeights(check, all, checkpoint.weights);
    sums = checkpoint.running;
    history = [...checkpoint.history];
    stoppedBy = checkpoint.stoppedBy ?? undefined;
    if (stoppedBy === 'epochs' && checkpoint.epoch < epochs) stoppedBy = undefined;
    firstEpoch = checkpoint.epoch;
    batchesDone = checkpoint.batch;
  }

  /** The weights for which the loss was last finite. */
  let lastGood: Tensor[] = [];
  const failKeeping = (good: readonly Tensor[], sentence: string): never => {
    for (const [index, variable] of all.entries()) variable.assign(good[index]!);
    return check.failBecause('state', `${sentence}; the last good weights are kept`);
  };

  const takeCheckpoint = async (epoch: number, batch: number): Promise<void> => {
    if (options.onCheckpoint === undefined) return;
    const weights = await readWeights(all);
    if (weights.some(({ values }) => !values.every(Number.isFinite))) {
      failKeeping(lastGood, `the weights must be finite, and are not before epoch ${epoch}, batch ${batch}`);
    }
    await options.onCheckpoint({
      version: checkpointVersion,
      model: modelPrint,
      seed,
      epoch,
      batch,
      random: random.state(),
      running: sums,
      history: [...history],
      stoppedBy: stoppedBy ?? null,
      weights,
      optimizer: await readOptimizer(optimizer),
      earlyStopping: stopping === undefined ? null : { ...stopping.state(), monitor: earlyStopping!.monitor },
    });
  };

  try {
    for (let epoch = firstEpoch; epoch < epochs && stoppedBy === undefined; epoch++) {
      const learningRate = options.schedule === undefined ? ownRate : options.schedule(epoch);
      if (options.schedule !== undefined) {
        check.number(`schedule(${epoch})`, learningRate, { min: 0 });
        setLearningRate(optimizer, learningRate);
      }

      let batch = 0;
      for await (const examples of batchesOfEpoch(check, batches, epoch)) {
        if (batch++ < batchesDone) continue;
        throwIfAborted(options);
        requireExamples(check, examples);
        const before = all.map((variable) => tf.clone(variable));
        try {
          const measured = await gradientsOf(check, model, variables, examples, random, options);
          try {
            if (!Number.isFinite(measured.loss) || !Number.isFinite(measured.penalty)) {
              const value = Number.isFinite(measured.loss) ? measured.penalty : measured.loss;
              const good = lastGood.length > 0 ? lastGood : before;
              failKeeping(good, `the loss must be finite, got ${value} in epoch ${epoch}, batch ${batch - 1}`);
            }
            if (options.weightDecay) {
              const rate = learningRate * options.weightDecay;
              const { penalize } = options;
              decayWeights(variables, penalize === undefined ? { rate } : { rate, penalize });
            }
            optimizer.applyGradients(measured.gradients);
          } finally {
            tf.dispose(measured.gradients.map(({ tensor }) => tensor));
          }
          sums = {
            examples: sums.examples + measured.examples,
            loss: sums.loss + measured.loss * measured.examples,
            penalty: sums.penalty + measured.penalty * measured.examples,
            correct: sums.correct + measured.correct,
          };
          tf.dispose(lastGood);
          lastGood = before;
        } catch (error) {
          tf.dispose(before);
          throw error;
        }
        if (options.checkpointEvery !== undefined && batch % options.checkpointEvery === 0) {
          await takeCheckpoint(epoch, batch);
        }
        const { loss, accuracy } = means(sums);
        await reportProgress(options, { epoch, batch, loss, accuracy });
      }
      if (sums.examples === 0) check.fail('range', 'batches', 'at least one batch', []);

      const record: EpochRecord = { epoch, learningRate, ...means(sums) };
      if (validation !== undefined) {
        const { loss, accuracy } = await evaluate(model, validation, {
          loss: options.loss ?? crossEntropy,
          signal: options.signal,
        });
        record.validationLoss = loss;
        record.validationAccuracy = accuracy;
      }
      history.push(record);
      sums = noSums;
      batchesDone = 0;
      if (stopping !== undefined && earlyStopping !== undefined) {
        const { stop } = await stopping.observe(epoch, record[earlyStopping.monitor]!, all);
        if (stop) stoppedBy = 'earlyStopping';
      }
      if (stoppedBy === undefined && options.stopWhen?.(record)) stoppedBy = 'stopWhen';
      if (stoppedBy === undefined && epoch === epochs - 1) stoppedBy = 'epochs';
      await takeCheckpoint(epoch + 1, 0);
      const { loss, accuracy } = record;
      await reportProgress(options, { epoch, batch, loss, accuracy, record });
    }
  } finally {
    tf.dispose(lastGood);
    cleanUp(check, 'restoring the best weights', () => stopping?.restore(all));
  }
  const bestEpoch = stopping?.bestEpoch;
  return { history, stoppedBy: stoppedBy ?? 'epochs', ...(bestEpoch === undefined ? {} : { bestEpoch }) };
}

const noSums: RunningSums = { examples: 0, loss: 0, penalty: 0, correct: 0 };

function means({ examples, loss, penalty, correct }: RunningSums) {
  return { loss: loss / examples, penalty: penalty / examples, accuracy: correct / examples };
}

function batchesOfEpoch(check: Check, batches: Parameters<typeof train>[1], epoch: number): Batches<LabeledImages> {
  return typeof batches === 'function' ? requireBatches(check, `batches(${epoch})`, batches(epoch)) : batches;
}

function stoppingFrom({ monitor: _, ...options }: NonNullable<TrainOptions['earlyStopping']>): EarlyStopping {
  return new EarlyStopping(options);
}

function checkOptions(
  check: Check,
  model: TrainableModel | Trainable,
  batches: Parameters<typeof train>[1],
  options: TrainOptions,
): void {
  checkModel(check, 'model', model);
  if (typeof batches !== 'function') requireBatches(check, 'batches', batches);
  check.options(options);
  requireLongWork(check, options);
  if (options.validation !== undefined) requireBatches(check, 'validation', options.validation);
  requireOptimizer(check, 'optimizer', options.optimizer);
  const { penalize } = options;
  if (penalize !== undefined && !isA('RegExp', penalize)) check.callable<unknown>('penalize', penalize);
  check.number('epochs', options.epochs, { integer: true, min: 1 });
  check.seed('seed', options.seed);
  for (const name of ['schedule', 'loss', 'penalty', 'augmentation', 'stopWhen', 'onCheckpoint'] as const) {
    if (options[name] !== undefined) check.callable<unknown>(name, options[name]);
  }
  if (options.weightDecay !== undefined) check.number('weightDecay', options.weightDecay, { min: 0 });
  if (options.labelSmoothing !== undefined) check.number('labelSmoothing', options.labelSmoothing, { min: 0, max: 1 });
  if (options.mixup !== undefined) {
    check.number('mixup.alpha', check.options(options.mixup, 'mixup').alpha, { above: 0 });
  }
  if (options.checkpointEvery !== undefined) {
    check.number('checkpointEvery', options.checkpointEvery, { integer: true, min: 1 });
  }
  if (options.earlyStopping !== undefined) {
    const metrics = ['loss', 'accuracy', 'validationLoss', 'validationAccuracy'] as const;
    const stopping = check.options(options.earlyStopping, 'earlyStopping');
    const monitor = check.oneOf('earlyStopping.monitor', stopping.monitor, metrics);
    if (monitor.startsWith('validation') && options.validation === undefined) {
      check.failBecause('range', `earlyStopping.monitor ${monitor} needs validation`);
    }
  }
}

export function checkModel(check: Check, what: string, model: TrainableModel | Trainable): void {
  requireApplicable(check, what, model);
  const { variables, state = [] } = model as TrainableModel;
  for (const [name, list] of Object.entries({ variables, state })) {
    const isList = Array.isArray(list) && list.every((variable) => variable instanceof tf.Variable);
    if (!isList) check.fail('type', `${what}.${name}`, 'a list of variables', list);
    requireKeepable(check, `${what}.${name}`, list);
  }
  if (variables.length === 0) check.fail('type', `${what}.variables`, 'a list of variables', variables);
}

interface Measured {
  gradients: { name: string; tensor: Tensor }[];
  loss: number;
  penalty: number;
  correct: number;
  examples: number;
}

async function gradientsOf(
  check: Check,
  model: TrainableModel | Trainable,
  variables: readonly Variable[],
  batch: LabeledImages,
  random: Random,
  options: TrainOptions,
): Promise<Measured> {
  const [stepSeed, augmentationSeed, mixupSeed] = [0, 1, 2].map(() => random.integer(2 ** 32)) as [
    number,
    number,
    number,
  ];
  const { penalty } = options;
  const lossOf = options.loss ?? crossEntropy;
  let classes = 0;

  const input = inputOf(check, model, batch, { augmentationSeed, mixupSeed }, options);
  let kept: Tensor | undefined;
  const computeGradients = () => {
    const { grads } = tf.variableGrads(() => {
      const apply = (images: Tensor4D) =>
        model.apply(images, { training: true, seed: stepSeed } as { training: boolean });
      const logits = askAtOnce(check, apply, input.images);
      classes = requireLogits(check, logits, batch.images.shape[0]).shape[1];
      if (lossOf === crossEntropy) warnOfProbabilities(check, model, logits);
      const labels = input.labels ?? targetsOf(batch, classes, options.labelSmoothing);
      const loss = requireScalar(check, 'loss', lossOf(logits, labels));
      const penalized = penalty === undefined ? tf.scalar(0) : requireScalar(check, 'penalty', penalty(variables));
      kept = tf.keep(tf.stack([loss, penalized, correctOf(logits, labels)]));
      return tf.add(loss, penalized) as Scalar;
    }, [...variables]);
    return variables
      .filter(({ name }) => grads[name] !== undefined && grads[name] !== null)
      .map(({ name }) => ({ name, tensor: grads[name]! }));
  };
  let gradients: Measured['gradients'];
  try {
    gradients = tf.tidy(() => disposeTapeOnThrow(computeGradients));
  } catch (error) {
    kept?.dispose();
    throw error;
  } finally {
    tf.dispose([input.images, input.labels]);
  }
  const measured = kept!;
  try {
    await requireWithin(check, 'labels', batch.labels, [0, classes - 1]);
    const [loss, penalized, correct] = await measured.data();
    return { gradients, loss: loss!, penalty: penalized!, correct: correct!, examples: batch.images.shape[0] };
  } catch (error) {
    tf.dispose(gradients.map(({ tensor }) => tensor));
    throw error;
  } finally {
    measured.dispose();
  }
}

/** What the model sees of a batch, and the labels where mixing them changes them; freed of what it was made from. */
function inputOf(
  check: Check,
  model: TrainableModel | Trainable,
  batch: LabeledImages,
  seeds: { augmentationSeed: number; mixupSeed: number },
  { augmentation, mixup: mixing, labelSmoothing: smoothing }: TrainOptions,
): { images: Tensor4D; labels?: Tensor2D | undefined } {
  return ownResult(() => {
    const seed = seeds.augmentationSeed;
    const images = augmentation === undefined ? batch.images : augmentation(batch.images, { seed });
    const [count] = check.images('what augmentation returns', images).shape;
    if (count !== batch.images.shape[0]) {
      check.fail('range', 'what augmentation returns', `${batch.images.shape[0]} images`, images);
    }
    if (mixing === undefined) return { images };
    // Mixing needs the number of classes, which the model tells, of all images: its batch size may be fixed.
    const apply = (all: Tensor4D) => model.apply(all, { training: false });
    const logits = askAtOnce(check, apply, images);
    const [, classes] = requireLogits(check, logits, count).shape;
    const labels = targetsOf(batch, classes, smoothing);
    return { ...mixup(mixing)({ images, labels }, { seed: seeds.mixupSeed }) };
  });
}

function targetsOf(batch: LabeledImages, classes: number, smoothing = 0): Tensor2D {
  const oneHot = tf.cast(tf.oneHot(batch.labels, classes), 'float32') as Tensor2D;
  return smoothing === 0 ? oneHot : labelSmoothing(oneHot, { smoothing });
}
