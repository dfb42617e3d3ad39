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
import {
  checkModel,
  type EpochRecord,
  type TrainableModel,
  type TrainOptions,
  type TrainProgress,
  train,
} from '../training/train.ts';
import { capacity } from './capacity.ts';
import {
  applyCondition,
  checkCondition,
  conditionName,
  corruptionOf,
  type DataCondition,
  type TrainAndTest,
} from './data-condition.ts';

/** What is done against overfitting in a run; nothing but a name is no regularization. */
export interface Regularizer {
  name: string;
  /** As papers and PyTorch count it, added to the loss as an L2 penalty of half of it. Default: 0. */
  weightDecay?: number;
  /** Rate, handed to `createModel`. Default: 0. */
  dropout?: number;
  /** Of the training images. Default: none. */
  augmentation?: Augmentation;
}

/** What a model is made for. */
export interface ModelRequest {
  /** Of an image as `prepare` gives it. */
  shape: readonly [height: number, width: number, channels: number];
  classes: number;
  /** Dropout rate that the run asks for. */
  dropout: number;
  /** Of the initial weights. */
  seed: number;
}

export interface RandomizationTestOptions extends LongWork<RandomizationProgress> {
  classes: number;
  /** A fresh model for each run, which the test disposes: by its `dispose`, else its variables and state. */
  createModel: (request: ModelRequest) => TrainableModel & { dispose?: () => void };
  /** A fresh optimizer for each run, which the test disposes. */
  createOptimizer: () => Optimizer;
  /** At most so many. */
  epochs: number;
  /** Of each repetition: decides data, initial weights and order. */
  seeds: readonly number[];
  /** Default: true and random labels. */
  conditions?: readonly DataCondition[];
  /** Default: none at all. */
  regularizers?: readonly Regularizer[];
  /** Default: 128, as reproductions of the paper use. */
  batchSize?: number;
  /** Learning rate of each epoch. Default: the optimizer's. */
  schedule?: Schedule;
  /** Done to all images after condition and augmentation, such as `whiten`; may return the images themselves. Default: nothing. */
  prepare?: (images: Tensor4D) => Tensor4D;
  /** Ends a run after the epoch in which this part of the training examples was classified right. Default: never. */
  fittedAt?: number;
  /** Runs of an earlier call that are not to be done again. */
  completed?: readonly RandomizationRun[];
  /** Called with each new run, to keep it. Awaited. */
  onRun?: (run: RandomizationRun) => void | Promise<void>;
}

/** A row of the result: one network, trained once. */
export interface RandomizationRun {
  condition: string;
  /** With which probability a training label was drawn anew. */
  corruption: number;
  regularizer: string;
  seed: number;
  parameters: number;
  samples: number;
  /** That it was trained. */
  epochs: number;
  /** Not training and not augmented, on the labels that it was trained on. */
  trainLoss: number;
  trainAccuracy: number;
  /** On true labels. */
  testLoss: number;
  testAccuracy: number;
  /** Training, epoch by epoch. */
  curve: EpochRecord[];
}

export interface RandomizationProgress extends TrainProgress {
  /** Counted from 0, completed ones included. */
  run: number;
  runs: number;
  condition: string;
  regularizer: string;
  seed: number;
}

/**
 * The randomization test: trains the same network under conditions that leave less and less to learn. One that fits
 * random labels as well as true ones has the capacity to learn by heart, so that fitting says nothing of understanding.
 *
 * All combinations of conditions, regularizers and seeds are run, one after the other. The same seed draws the same data,
 * and gives `createModel` and the order of the batches the same seed, whatever the condition and regularizer.
 *
 * @param data Images `[n, h, w, c]` and labels `[n]` int32. Still the caller's.
 * @returns A row for each combination, in the order conditions, regularizers, seeds; completed ones as they were.
 * @throws RangeError if an option is out of range or the data are empty.
 * @throws TypeError if an option is of another kind, or a run of `completed` is not whole.
 * @throws Error if no gradients are registered, or on the wasm backend without `registerWasmGradients`.
 * @throws The signal's reason if it is aborted; runs that were finished have been given to `onRun`.
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
        let result = options.completed?.find((completed) => isRun(completed, key));
        if (result === undefined) {
          requireGradients(check);
          options.signal?.throwIfAborted();
          const drawn = await applyCondition(data, condition, { classes, seed });
          try {
            const place = { ...key, run: results.length, runs };
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
  regularizer: Regularizer,
  corruption: number,
  place: RunKey & { run: number; runs: number },
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
      onProgress: (progress) => options.onProgress?.({ ...progress, ...place }),
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
  const { completed = [] } = options;
  if (!Array.isArray(completed)) check.fail('type', 'completed', 'a list of runs', completed);
  const damaged = completed.findIndex((run) => !isWhole(run));
  if (damaged !== -1) {
    check.fail('type', `completed[${damaged}]`, 'a whole run of randomizationTest', completed[damaged]);
  }
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
