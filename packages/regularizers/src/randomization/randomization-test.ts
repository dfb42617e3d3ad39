import {
  batchesOf,
  type Check,
  checker,
  cleanUp,
  disposeOptimizer,
  isPromise,
  type LabeledImages,
  type LongWork,
  ownResult,
  requireGradients,
  requireLongWork,
  requireOptimizer,
  requireSavedState,
  type SavedState,
} from '@cnnviz/internal';
import type { Optimizer, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { augment } from '../augmentation/augment.ts';
import { type Augmentation, defineAugmentation } from '../augmentation/augmentation.ts';
import { l2Penalty } from '../penalties/l2-penalty.ts';
import { lambdaOfWeightDecay } from '../penalties/weight-decay.ts';
import { type Evaluation, evaluate } from '../training/evaluate.ts';
import { requireExamples } from '../training/labeled-images.ts';
import type { Schedule } from '../training/schedule.ts';
import { shuffledBatches } from '../training/shuffled-batches.ts';
import { train } from '../training/train.ts';
import {
  checkModel,
  type EpochRecord,
  type TrainableModel,
  type TrainOptions,
  type TrainProgress,
} from '../training/train-options.ts';
import { capacity } from './capacity.ts';
import {
  applyCondition,
  checkCondition,
  conditionName,
  corruptionOf,
  type DataCondition,
  type TrainAndTest,
} from './data-condition.ts';

/** What a run does against overfitting. A name alone is no regularization. */
export interface Regularization {
  name: string;
  /** As papers and PyTorch count it; added to the loss as an L2 penalty of half this strength. Default: 0. */
  weightDecay?: number;
  /** Rate, handed to `createModel`. Default: 0. */
  dropout?: number;
  /** Applied to the training images. Default: none. */
  augmentation?: Augmentation;
}

/** The model that a run needs. */
export interface ModelRequest {
  /** Shape of an image after `prepare`. */
  shape: readonly [height: number, width: number, channels: number];
  classes: number;
  /** Dropout rate of the run. */
  dropout: number;
  /** Decides the initial weights. */
  seed: number;
}

export interface RandomizationTestOptions extends LongWork<RandomizationProgress> {
  classes: number;
  /** A fresh model for each run, which the test disposes: by its `dispose`, else its variables and state. */
  createModel: (request: ModelRequest) => TrainableModel & { dispose?: () => void };
  /** A fresh optimizer for each run, which the test disposes. */
  createOptimizer: () => Optimizer;
  /** Epochs of a run at most. */
  epochs: number;
  /** One repetition per seed, which decides data, initial weights and order. */
  seeds: readonly number[];
  /** Default: true and random labels. */
  conditions?: readonly DataCondition[];
  /** Default: one run without any. */
  regularizers?: readonly Regularization[];
  /** Default: 128, as reproductions of the paper use. */
  batchSize?: number;
  /** Learning rate of each epoch. Default: the optimizer's. */
  schedule?: Schedule;
  /** Applied to all images after condition and augmentation, such as `whiten`; may return them unchanged. Default: none. */
  prepare?: (images: Tensor4D) => Tensor4D;
  /** Ends a run after the epoch in which this fraction of the training examples was classified correctly. Default: never. */
  fittedAt?: number;
  /** A state from `progress.state()`, or the `runs` that `onRun` was given: its runs are not repeated. */
  resume?: RandomizationTestState;
  /** Called with each new run, to save it. Awaited. */
  onRun?: (run: RandomizationRun) => void | Promise<void>;
}

/** A row of the result: one network, trained once. */
export interface RandomizationRun {
  condition: string;
  /** Probability with which a training label was redrawn. */
  corruption: number;
  regularizer: string;
  seed: number;
  parameters: number;
  samples: number;
  /** Epochs of training. */
  epochs: number;
  /** After training, without augmentation, on the labels that it was trained on. */
  trainLoss: number;
  trainAccuracy: number;
  /** After training, on true labels. */
  testLoss: number;
  testAccuracy: number;
  /** The training, epoch by epoch. */
  curve: EpochRecord[];
}

/** A state of `randomizationTest`: the runs that are finished. Plain JSON. */
export interface RandomizationTestState extends SavedState<'randomizationTest'> {
  readonly runs: readonly RandomizationRun[];
}

/** `done` and `total` count the batches of all runs, as if each needed all its epochs. */
export interface RandomizationProgress extends Omit<TrainProgress, 'state'> {
  /** The run in progress, from 0; resumed ones are counted. */
  run: number;
  runs: number;
  condition: string;
  regularizer: string;
  seed: number;
  /** Makes the state that `resume` takes: the runs finished so far. */
  state(): RandomizationTestState;
}

const format = { kind: 'randomizationTest', version: 1 } as const;

/**
 * Runs the randomization test: trains the same network under conditions that leave less and less to learn. A network that
 * fits random labels as well as true ones has the capacity to memorize, so that a good fit is no sign of understanding.
 *
 * Every combination of condition, regularizer and seed is run, one after another. A seed draws the same data, initial
 * weights and order of batches under every condition and regularizer.
 *
 * @param data Images `[n, h, w, c]` and labels `[n]` int32. They stay the caller's.
 * @param options `classes`, `createModel`, `createOptimizer`, `epochs` and `seeds` are required.
 * @returns A row for each combination, in the order conditions, regularizers, seeds; resumed ones as they were. Plain data.
 * @throws RangeError if an option is out of range, the data are empty, or `resume` is of another kind or version.
 * @throws TypeError if an option is of another kind, or a run of `resume` is incomplete.
 * @throws Error if no gradients are registered, or on the wasm backend without `registerWasmGradients`.
 * @throws The signal's reason if it is aborted; the finished runs have been given to `onRun`.
 * @see Zhang, Bengio, Hardt, Recht, Vinyals, "Understanding deep learning requires rethinking generalization", ICLR
 *   2017, https://arxiv.org/abs/1611.03530.
 *
 * @example
 * import { randomizationTest } from '@cnnviz/regularizers';
 *
 * const runs = await randomizationTest({ train: { images, labels }, test: { images, labels } }, {
 *   classes: 10,
 *   createModel: createTrainable,
 *   createOptimizer: () => tf.train.momentum(0.01, 0.9),
 *   conditions: ['true labels', 'random labels'],
 *   regularizers: [{ name: 'none' }, { name: 'weight decay', weightDecay: 5e-4 }],
 *   epochs: 2,
 *   seeds: [0],
 * });
 */
export async function randomizationTest(
  data: TrainAndTest,
  options: RandomizationTestOptions,
): Promise<RandomizationRun[]> {
  const check = checker('@cnnviz/regularizers', 'randomizationTest');
  checkTest(check, data, options);
  options.signal?.throwIfAborted();
  const { conditions = ['true labels', 'random labels'], regularizers = [{ name: 'none' }], seeds, classes } = options;
  const runs = conditions.length * regularizers.length * seeds.length;
  const results: RandomizationRun[] = [];
  const make = freshlyMade(check, options);
  for (const condition of conditions) {
    for (const regularizer of regularizers) {
      for (const seed of seeds) {
        const key = { condition: conditionName(condition), regularizer: regularizer.name, seed };
        let result = options.resume?.runs.find((run) => isRun(run, key));
        if (result === undefined) {
          requireGradients(check);
          options.signal?.throwIfAborted();
          const drawn = await applyCondition(data, condition, { classes, seed });
          try {
            const state = () => ({ ...format, runs: [...results] });
            const place = { ...key, run: results.length, runs, state };
            result = await runOnce(check, drawn, regularizer, corruptionOf(condition), place, { ...options, ...make });
          } finally {
            tf.dispose([drawn.train.images, drawn.train.labels, drawn.test.images, drawn.test.labels]);
          }
          await options.onRun?.(result);
        }
        results.push(result);
      }
    }
  }
  return results;
}

type RunKey = Pick<RandomizationRun, 'condition' | 'regularizer' | 'seed'>;

function isRun(run: RunKey, { condition, regularizer, seed }: RunKey): boolean {
  return run.condition === condition && run.regularizer === regularizer && run.seed === seed;
}

/** What the test disposes must be its own: a model that is given twice would be trained further, then disposed. */
function freshlyMade(check: Check, options: RandomizationTestOptions) {
  const known = new WeakSet<object>();
  const requireFresh = <T extends object>(name: string, made: T): T => {
    if (known.has(made)) check.failBecause('state', `${name} must make a new one for each run, and gave one again`);
    known.add(made);
    return made;
  };
  const createModel: RandomizationTestOptions['createModel'] = (request) => {
    const made = options.createModel(request);
    // A model that comes later would never be disposed.
    if (isPromise(made)) {
      made.then(
        (late) => cleanUp(check, 'disposing a late model', () => disposeModel(late)),
        () => {},
      );
    }
    const model = requireFresh('createModel', check.options(made, 'what createModel returns'));
    if (model.dispose !== undefined) check.callable('what createModel returns.dispose', model.dispose);
    checkModel(check, 'what createModel returns', model);
    const { dispose } = model;
    if (dispose !== undefined && dispose !== null) check.callable('dispose of what createModel returns', dispose);
    return model;
  };
  const createOptimizer = () => {
    const optimizer = requireOptimizer(check, 'what createOptimizer returns', options.createOptimizer());
    return requireFresh('createOptimizer', optimizer);
  };
  return { createModel, createOptimizer };
}

function disposeModel(model: ReturnType<RandomizationTestOptions['createModel']>): void {
  if (model.dispose !== undefined && model.dispose !== null) model.dispose();
  else tf.dispose([...model.variables, ...(model.state ?? [])]);
}

async function runOnce(
  check: Check,
  { train: training, test }: TrainAndTest,
  regularizer: Regularization,
  corruption: number,
  place: RunKey & Pick<RandomizationProgress, 'run' | 'runs' | 'state'>,
  options: RandomizationTestOptions,
): Promise<RandomizationRun> {
  const { classes, batchSize = 128, prepare = (images: Tensor4D) => images, fittedAt } = options;
  const { seed, condition } = place;
  const { weightDecay = 0, augmentation, dropout = 0 } = regularizer;
  const samples = training.labels.shape[0];
  const own: { dispose(): void }[] = [];
  try {
    const prepared = (set: LabeledImages): LabeledImages => {
      const images = ownResult(() => prepare(set.images));
      if (images instanceof tf.Tensor) own.push(images);
      requireExamples(check, { images, labels: set.labels }, 'what prepare returns');
      return { images, labels: set.labels };
    };
    const [preparedTraining, preparedTest] = [prepared(training), prepared(test)];
    const [, height, width, channels] = preparedTest.images.shape;
    const model = options.createModel({ shape: [height, width, channels], classes, dropout, seed });
    own.push({ dispose: () => disposeModel(model) });
    const optimizer = options.createOptimizer();
    own.push({ dispose: () => disposeOptimizer(optimizer) });

    const batches = shuffledBatches(augmentation === undefined ? preparedTraining : training, {
      size: batchSize,
      seed,
    });
    const trainOptions: TrainOptions = {
      optimizer,
      epochs: options.epochs,
      seed,
      signal: options.signal,
      onProgress: ({ done, total, ...progress }) => {
        const { run, runs } = place;
        return options.onProgress?.({ ...progress, ...place, done: run * total + done, total: runs * total });
      },
      ...(options.schedule === undefined ? {} : { schedule: options.schedule }),
      ...(fittedAt === undefined ? {} : { stopWhen: ({ accuracy }) => accuracy >= fittedAt }),
      ...(augmentation === undefined ? {} : { augmentation: augment(augmentation, preparation(prepare)) }),
    };
    if (weightDecay > 0) {
      trainOptions.penalty = (variables) => l2Penalty(variables, { lambda: lambdaOfWeightDecay(weightDecay) });
    }
    const { history } = await train(model, batches, trainOptions);
    const inOrder = (set: LabeledImages) => evaluateInBatches(model, set, batchSize, options.signal);
    const [onTraining, onTest] = [await inOrder(preparedTraining), await inOrder(preparedTest)];
    return {
      condition,
      corruption,
      regularizer: regularizer.name,
      seed,
      parameters: capacity(model.variables, { samples }).parameters,
      samples,
      epochs: history.length,
      trainLoss: onTraining.loss,
      trainAccuracy: onTraining.accuracy,
      testLoss: onTest.loss,
      testAccuracy: onTest.accuracy,
      curve: history,
    };
  } finally {
    for (const thing of own.reverse()) cleanUp(check, 'disposing what a run had made', () => thing.dispose());
  }
}

function preparation(prepare: (images: Tensor4D) => Tensor4D): Augmentation {
  return defineAugmentation<null>({ name: 'prepare', draw: () => null, apply: (images) => prepare(images) });
}

function evaluateInBatches(
  model: TrainableModel,
  set: LabeledImages,
  size: number,
  signal: AbortSignal | undefined,
): Promise<Evaluation> {
  return evaluate(model, batchesOf({ images: set.images, labels: set.labels }, size), { signal });
}

function checkTest(check: Check, data: TrainAndTest, options: RandomizationTestOptions): void {
  requireExamples(check, check.options(data, 'data').train, 'train');
  requireExamples(check, data.test, 'test');
  requireLongWork(check, check.options(options));
  for (const name of ['schedule', 'prepare', 'onRun'] as const) {
    if (options[name] !== undefined) check.callable<unknown>(name, options[name]);
  }
  for (const name of ['conditions', 'regularizers'] as const) {
    const list = options[name];
    if (list !== undefined && !Array.isArray(list)) check.fail('type', name, 'a list', list);
  }
  check.number('classes', options.classes, { integer: true, min: 2 });
  check.callable('createModel', options.createModel);
  check.callable('createOptimizer', options.createOptimizer);
  check.number('epochs', options.epochs, { integer: true, min: 1 });
  if (!Array.isArray(options.seeds) || options.seeds.length === 0) {
    check.fail('type', 'seeds', 'a list of seeds', options.seeds);
  }
  for (const seed of options.seeds) check.seed('seeds', seed);
  if (options.batchSize !== undefined) check.number('batchSize', options.batchSize, { integer: true, min: 1 });
  if (options.fittedAt !== undefined) check.number('fittedAt', options.fittedAt, { min: 0, max: 1 });
  for (const condition of options.conditions ?? []) checkCondition(condition);
  const names = options.regularizers?.map((regularizer) => check.options(regularizer, 'regularizers').name) ?? [];
  for (const name of names) if (typeof name !== 'string') check.fail('type', 'regularizers: name', 'a string', name);
  if (new Set(names).size < names.length) check.fail('range', 'regularizers', 'regularizers of different names', names);
  for (const { weightDecay = 0, dropout = 0, augmentation } of options.regularizers ?? []) {
    check.number('weightDecay', weightDecay, { min: 0 });
    check.number('dropout', dropout, { min: 0, max: 1 });
    if (augmentation !== undefined) check.callable<unknown>('augmentation', augmentation);
  }
  if (options.resume !== undefined) requireState(check, options.resume);
}

function requireState(check: Check, resume: RandomizationTestState): void {
  const { runs } = requireSavedState(check, resume, format);
  if (!Array.isArray(runs)) check.fail('type', 'resume.runs', 'a list of runs', runs);
  const damaged = runs.findIndex((run) => !isWhole(run));
  if (damaged !== -1) check.fail('type', `resume.runs[${damaged}]`, 'a whole run of randomizationTest', runs[damaged]);
}

/** JSON keeps a loss that is no number, or infinite, as null. */
function isWhole(run: RandomizationRun): boolean {
  const areNumbers = (record: object, names: readonly string[]) =>
    names.every((name) => typeof (record as Record<string, unknown>)[name] === 'number');
  return (
    typeof run === 'object' &&
    run !== null &&
    typeof run.condition === 'string' &&
    typeof run.regularizer === 'string' &&
    areNumbers(run, ['corruption', 'seed', 'parameters', 'samples', 'epochs', 'trainAccuracy', 'testAccuracy']) &&
    [run.trainLoss, run.testLoss].every((loss) => loss === null || typeof loss === 'number') &&
    Array.isArray(run.curve) &&
    run.curve.length > 0 &&
    [...run.curve].every(
      (record) =>
        typeof record === 'object' &&
        record !== null &&
        areNumbers(record, ['epoch', 'learningRate', 'loss', 'penalty', 'accuracy']),
    )
  );
}
