import {
  type Batches,
  type BatchesOfEpochs,
  type Check,
  isA,
  type LabeledImages,
  requireBatches,
  requireKeepable,
  requireOptimizer,
  requireTraining,
  type Trainable,
  type TrainingOptions,
  type TrainingProgress,
} from '@cnnviz/internal';
import type { Optimizer, Scalar, Tensor2D, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Augmentation } from '../augmentation/augmentation.ts';
import type { WeightChoice } from '../penalties/is-weight.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { EarlyStoppingOptions } from './early-stopping.ts';
import { type Loss, requireApplicable } from './evaluate.ts';
import type { Schedule } from './schedule.ts';

/**
 * A {@link Trainable} as `train` calls it. Every Trainable is one; `seed` and `state` are for the models that need them.
 */
export interface TrainableModel {
  /** `seed` differs in each step of training, and is the same again after a resume: `dropout` takes it. */
  apply(images: Tensor4D, options: { training: boolean; seed?: number }): Tensor2D;
  variables: Variable[];
  /** What the model itself changes in training, such as the moving averages of batch normalization or a step counter. */
  state?: Variable[];
}

export interface EpochRecord {
  /** From 0. */
  epoch: number;
  learningRate: number;
  /** Mean over the epoch's batches, each measured before its step, without the penalty. */
  loss: number;
  /** Mean penalty of the batches. */
  penalty: number;
  /** Fraction of the examples classified correctly, each before the step of its batch, from 0 to 1. */
  accuracy: number;
  /** After the epoch, not training. */
  validationLoss?: number;
  validationAccuracy?: number;
}

/** What ended the training: its last epoch, early stopping, or the caller's `stopWhen`. */
export type StoppedBy = 'epochs' | 'earlyStopping' | 'stopWhen';

export interface TrainProgress extends TrainingProgress<Checkpoint> {
  /** Mean over the epoch so far. */
  loss: number;
  /** Likewise. */
  accuracy: number;
  /** At the end of an epoch. */
  record?: EpochRecord;
}

export interface TrainOptions extends TrainingOptions<TrainProgress, Checkpoint> {
  /** An optimizer of tfjs-core, such as `tf.train.momentum(0.01, 0.9)`. It stays the caller's. */
  optimizer: Optimizer;
  /** Decides augmentation, mixup and the seeds that the model gets. Default: 0. */
  seed?: number;
  /** Learning rate of each epoch. Default: the optimizer's. */
  schedule?: Schedule;
  /**
   * Default: the cross-entropy of softmax, which expects logits; `train` warns once if the model seems to return
   * probabilities.
   */
  loss?: Loss;
  /** Added to the loss, such as `(variables) => l2Penalty(variables, { lambda: 1e-4 })`. Default: none. */
  penalty?: (variables: readonly Variable[]) => Scalar;
  /** Decoupled weight decay, `w ← (1 - learningRate · weightDecay) w` before each step. Default: 0. */
  weightDecay?: number;
  /** The variables that `weightDecay` decays. Default: `isWeight`. */
  penalize?: WeightChoice;
  /** May return the images themselves. Default: none. */
  augmentation?: Augmentation;
  /** Default: none. */
  mixup?: { alpha: number };
  /** Fraction of the label that is spread over all classes. Default: 0. */
  labelSmoothing?: number;
  /** Measured after each epoch. */
  validation?: Batches<LabeledImages>;
  /**
   * `monitor` names the metric to watch. The best weights are restored whatever stopped the training, also an error or
   * an abort.
   */
  earlyStopping?: Omit<EarlyStoppingOptions, 'resume'> & {
    monitor: 'loss' | 'accuracy' | 'validationLoss' | 'validationAccuracy';
  };
  /** Ends training after the first epoch for which it returns true. */
  stopWhen?: (record: EpochRecord) => boolean;
  /**
   * A state from `progress.state()` or `onCheckpoint`, to continue from. On the same backend, and with the same batches
   * and options, the result is bit for bit that of an uninterrupted training.
   */
  resume?: Checkpoint;
}

export interface TrainResult {
  history: EpochRecord[];
  stoppedBy: StoppedBy;
  /** With `earlyStopping`: the epoch whose metric was best. */
  bestEpoch?: number;
}

/** Throws unless model, batches and options are what `train` takes. */
export function checkTrainOptions(
  check: Check,
  model: TrainableModel | Trainable,
  batches: BatchesOfEpochs<LabeledImages>,
  options: TrainOptions,
): void {
  checkModel(check, 'model', model);
  requireTraining(check, batches, options);
  if (options.validation !== undefined) requireBatches(check, 'validation', options.validation);
  requireOptimizer(check, 'optimizer', options.optimizer);
  const { penalize } = options;
  if (penalize !== undefined && !isA('RegExp', penalize)) check.callable<unknown>('penalize', penalize);
  if (options.seed !== undefined) check.seed('seed', options.seed);
  for (const name of ['schedule', 'loss', 'penalty', 'augmentation', 'stopWhen'] as const) {
    if (options[name] !== undefined) check.callable<unknown>(name, options[name]);
  }
  if (options.weightDecay !== undefined) check.number('weightDecay', options.weightDecay, { min: 0 });
  if (options.labelSmoothing !== undefined) check.number('labelSmoothing', options.labelSmoothing, { min: 0, max: 1 });
  if (options.mixup !== undefined) {
    check.number('mixup.alpha', check.options(options.mixup, 'mixup').alpha, { above: 0 });
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

/** Throws unless it can be trained and its weights can be saved. */
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
