import {
  assignWeights,
  type BatchesOfEpochs,
  type Check,
  checker,
  cleanUp,
  createRandom,
  failNotFinite,
  fingerprint,
  type LabeledImages,
  type LastFiniteWeights,
  lastFiniteWeights,
  type Random,
  readOptimizer,
  readWeights,
  requireGradients,
  requireWeights,
  restoreOptimizer,
  restoreRandom,
  runEpochs,
  scheduledRate,
  type Trainable,
  type TrainingPosition,
  tensorsOf,
  throwIfAborted,
} from '@cnnviz/internal';
import type { Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { decayWeights } from '../penalties/weight-decay.ts';
import { type Checkpoint, format, type RunningSums, requireCheckpoint } from './checkpoint.ts';
import { EarlyStopping } from './early-stopping.ts';
import { crossEntropy, evaluate } from './evaluate.ts';
import { requireExamples } from './labeled-images.ts';
import {
  checkTrainOptions,
  type EpochRecord,
  type StoppedBy,
  type TrainableModel,
  type TrainOptions,
  type TrainResult,
} from './train-options.ts';
import { type Measured, trainingGradients } from './training-gradients.ts';

/**
 * Trains a model by gradient descent.
 *
 * @param model Its `variables` are changed in place.
 * @param batches Images `[n, h, w, c]` as the model takes them and labels `[n]` int32; or a function that gives those of
 *   an epoch, for another order in each. Batches are read and not disposed.
 * @param options Only `optimizer` and `epochs` are required.
 * @returns What was measured in each epoch, and what ended the training: plain data.
 * @throws RangeError if an option is out of range, there is no batch, a label has no logit, the model has fewer than two
 *   logits, or `resume` is of another version, model, optimizer or seed.
 * @throws TypeError if an option is of another kind, or a callback returns something of another kind.
 * @throws Error if no gradients are registered, or on the wasm backend without `registerWasmGradients`.
 * @throws Error if the loss is not finite; says in which epoch and batch. The model then has the last weights for which
 *   it was, and the last checkpoint is unaffected.
 * @throws The signal's reason if it is aborted.
 * @see Goodfellow, Bengio, Courville, "Deep Learning", 2016, chapter 8, https://www.deeplearningbook.org.
 *
 * @example
 * import { exponentialRate, l2Penalty, train } from '@cnnviz/regularizers';
 *
 * const optimizer = tf.train.momentum(0.01, 0.9);
 * const { history } = await train(trainable, [{ images, labels }], {
 *   optimizer,
 *   epochs: 2,
 *   schedule: exponentialRate({ initial: 0.01, factor: 0.95 }),
 *   penalty: (variables) => l2Penalty(variables, { lambda: 1e-4 }),
 * });
 */
export async function train(
  model: TrainableModel | Trainable,
  batches: BatchesOfEpochs<LabeledImages>,
  options: TrainOptions,
): Promise<TrainResult> {
  const check = checker('@cnnviz/regularizers', 'train');
  requireGradients(check);
  checkTrainOptions(check, model, batches, options);
  throwIfAborted(options);
  const { optimizer, weightDecay = 0, penalize } = options;
  const all = variablesOf(model);
  const rateOf = scheduledRate(check, optimizer, options.schedule);
  const run = startRun(check, model, options);
  const finite = lastFiniteWeights(all);
  let learningRate = 0;

  const step = async (examples: LabeledImages, { epoch, batch }: { epoch: number; batch: number }) => {
    requireExamples(check, examples);
    const { gradients, ...measured } = await trainingGradients(check, model, examples, run.random, options);
    try {
      requireFiniteLoss(check, measured, finite, `in epoch ${epoch}, batch ${batch}`);
      if (weightDecay > 0)
        decayWeights([...model.variables], { rate: learningRate * weightDecay, ...(penalize && { penalize }) });
      optimizer.applyGradients(gradients);
    } finally {
      tf.dispose(tensorsOf(gradients));
    }
    run.sums = addMeasured(run.sums, measured);
  };

  try {
    await runEpochs(check, options, {
      batches,
      from: options.resume,
      isOver: () => run.stoppedBy !== undefined,
      startEpoch: (epoch) => {
        learningRate = rateOf(epoch);
      },
      step: (examples, at) => finite.during(() => step(examples, at)),
      measures: () => {
        const { loss, accuracy } = meansOf(run.sums);
        return { loss, accuracy };
      },
      finishEpoch: async (epoch) => {
        const record = { epoch, learningRate, ...meansOf(run.sums), ...(await validate(model, options)) };
        run.history.push(record);
        run.sums = noSums;
        run.stoppedBy = await reasonToStop(record, run, all, options);
        return record;
      },
      state: (position) => checkpointOf(check, position, run, all, finite, options),
    });
  } finally {
    finite.dispose();
    cleanUp(check, 'restoring the best weights', () => run.stopping?.restore(all));
  }
  const bestEpoch = run.stopping?.bestEpoch;
  return { history: run.history, stoppedBy: run.stoppedBy ?? 'epochs', ...(bestEpoch !== undefined && { bestEpoch }) };
}

/** All that changes in a training, besides the model and its optimizer. */
interface Run {
  random: Random;
  sums: RunningSums;
  history: EpochRecord[];
  stopping: EarlyStopping | undefined;
  stoppedBy: StoppedBy | undefined;
}

/** A new run, or the one that was saved; then the model and the optimizer get their saved state back, too. */
function startRun(check: Check, model: TrainableModel | Trainable, options: TrainOptions): Run {
  const { seed = 0, resume, optimizer, earlyStopping, epochs } = options;
  if (resume === undefined) {
    const stopping = earlyStopping && stoppingOf(earlyStopping);
    return { random: createRandom(seed), sums: noSums, history: [], stopping, stoppedBy: undefined };
  }
  const all = variablesOf(model);
  requireCheckpoint(check, resume, { model: fingerprint(all), seed });
  requireWeights(check, all, resume.weights);
  const random = restoreRandom(resume.random);
  const saved = resume.earlyStopping;
  if (saved !== null && earlyStopping !== undefined) {
    if (saved.monitor !== earlyStopping.monitor) {
      check.fail('range', 'earlyStopping.monitor', `"${saved.monitor}", as in the saved state`, earlyStopping.monitor);
    }
    if (saved.weights !== null && Array.isArray(saved.weights)) requireWeights(check, all, saved.weights);
  }
  const stopping = earlyStopping && stoppingOf(earlyStopping, saved ?? undefined);
  restoreOptimizer(check, optimizer, resume.optimizer, model.variables);
  assignWeights(check, all, resume.weights);
  // With more epochs than before there is more to do.
  const isOver = !(resume.stoppedBy === 'epochs' && resume.epoch < epochs);
  const stoppedBy = isOver ? (resume.stoppedBy ?? undefined) : undefined;
  return { random, sums: resume.running, history: [...resume.history], stopping, stoppedBy };
}

function stoppingOf(
  { monitor: _, ...options }: NonNullable<TrainOptions['earlyStopping']>,
  resume?: NonNullable<Checkpoint['earlyStopping']>,
): EarlyStopping {
  return new EarlyStopping({ ...options, ...(resume && { resume }) });
}

async function checkpointOf(
  check: Check,
  position: TrainingPosition,
  { random, sums, history, stopping, stoppedBy }: Run,
  all: readonly Variable[],
  finite: LastFiniteWeights,
  { optimizer, seed = 0, earlyStopping }: TrainOptions,
): Promise<Checkpoint> {
  const weights = await readWeights(all);
  if (weights.some(({ values }) => !values.every(Number.isFinite))) {
    finite.restore();
    const where = `before epoch ${position.epoch}, batch ${position.batch}; the last good weights are kept`;
    failNotFinite(check, 'the weights', { where });
  }
  return {
    ...format,
    model: fingerprint(all),
    seed,
    ...position,
    random: random.state(),
    running: sums,
    history: [...history],
    stoppedBy: stoppedBy ?? null,
    weights,
    optimizer: await readOptimizer(optimizer),
    earlyStopping: stopping === undefined ? null : { ...stopping.state(), monitor: earlyStopping!.monitor },
  };
}

function requireFiniteLoss(check: Check, { loss, penalty }: Measured, finite: LastFiniteWeights, where: string): void {
  if (Number.isFinite(loss) && Number.isFinite(penalty)) return;
  finite.restore();
  const got = Number.isFinite(loss) ? penalty : loss;
  failNotFinite(check, 'the loss', { got, where: `${where}; the last good weights are kept` });
}

async function validate(model: TrainableModel | Trainable, { validation, loss, signal }: TrainOptions) {
  if (validation === undefined) return {};
  const measured = await evaluate(model, validation, { loss: loss ?? crossEntropy, signal });
  return { validationLoss: measured.loss, validationAccuracy: measured.accuracy };
}

async function reasonToStop(
  record: EpochRecord,
  { stopping }: Run,
  all: readonly Variable[],
  { earlyStopping, stopWhen, epochs }: TrainOptions,
): Promise<StoppedBy | undefined> {
  const seen = await stopping?.observe(record.epoch, record[earlyStopping!.monitor]!, all);
  if (seen?.stop) return 'earlyStopping';
  if (stopWhen?.(record)) return 'stopWhen';
  return record.epoch === epochs - 1 ? 'epochs' : undefined;
}

/** The variables that the optimizer changes, then those that the model itself changes. */
function variablesOf(model: TrainableModel | Trainable): Variable[] {
  return [...model.variables, ...((model as TrainableModel).state ?? [])];
}

const noSums: RunningSums = { examples: 0, loss: 0, penalty: 0, correct: 0 };

function addMeasured(sums: RunningSums, { examples, loss, penalty, correct }: Measured): RunningSums {
  return {
    examples: sums.examples + examples,
    loss: sums.loss + loss * examples,
    penalty: sums.penalty + penalty * examples,
    correct: sums.correct + correct,
  };
}

function meansOf({ examples, loss, penalty, correct }: RunningSums) {
  return { loss: loss / examples, penalty: penalty / examples, accuracy: correct / examples };
}
