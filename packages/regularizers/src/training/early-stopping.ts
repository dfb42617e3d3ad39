import {
  assignWeights,
  checker,
  cleanUp,
  describeValue,
  type KeptWeights,
  readWeights,
  requireKeepable,
  requireKept,
  requireSavedState,
  type SavedState,
  tensorOfKept,
} from '@cnnviz/internal';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

export interface EarlyStoppingOptions {
  /** Whether a smaller metric is better, as of a loss, or a larger one, as of an accuracy. Never guessed from a name. */
  mode: 'min' | 'max';
  /** By how much a metric has to be better than the best to count, >= 0. Default: 0, any. */
  minDelta?: number;
  /** Epochs without improvement after which training stops. Default: 0, at the first. */
  patience?: number;
  /** First epoch, from 0, that is looked at: a warm-up. Default: 0. */
  startEpoch?: number;
  /** What the metric has to beat before an improvement resets the patience. Default: none. */
  baseline?: number;
  /** Whether to keep the weights of the best epoch, for `restore`. Default: false. */
  restoreBest?: boolean;
  /** A `state()` to continue from, as if there had been no interruption. */
  resume?: EarlyStoppingState;
}

/** A state of `EarlyStopping`; plain data, weights as typed arrays. */
export interface EarlyStoppingState extends SavedState<'EarlyStopping'> {
  readonly mode: 'min' | 'max';
  readonly best: number | null;
  readonly bestEpoch: number | null;
  readonly stoppedEpoch: number | null;
  readonly wait: number;
  readonly weights: readonly KeptWeights[] | null;
}

/**
 * Stops training when a metric no longer improves, with the semantics of Keras's `EarlyStopping`, for a loop of one's
 * own; `earlyStoppingCallback` is the same for `LayersModel.fit`, and `train` takes these options.
 *
 * An epoch improves if its metric is better than the best by more than `minDelta`; the first one is always accepted.
 * Each epoch counts as waited for, and an improvement resets the count, with a `baseline` only if it beats that too.
 * Training stops at an epoch without improvement after the first (epoch 0) once the count reaches `patience`.
 *
 * Other than in Keras, where a first metric of NaN makes every later comparison false, a metric that is not finite is
 * never the best: it is an epoch without improvement.
 *
 * Weights that are kept are float32, int32 or bool.
 *
 * @throws RangeError if a number is out of range; TypeError if `mode` is missing.
 * @see Prechelt, "Early Stopping - But When?", 1998, https://doi.org/10.1007/3-540-49430-8_3.
 *
 * @example
 * import { EarlyStopping } from '@cnnviz/regularizers';
 *
 * const stopping = new EarlyStopping({ mode: 'min', patience: 2, restoreBest: true });
 * for (const [epoch, loss] of [0.9, 0.5, 0.6, 0.7].entries()) {
 *   const { stop } = await stopping.observe(epoch, loss, variables);
 *   if (stop) break; // at epoch 3
 * }
 * stopping.restore(variables); // those of epoch 1
 */
export class EarlyStopping {
  /** The best metric so far. */
  best: number | undefined;
  bestEpoch: number | undefined;
  /** Where it said stop. */
  stoppedEpoch: number | undefined;
  /** Epochs since the patience began. */
  wait = 0;
  readonly #options: Required<Omit<EarlyStoppingOptions, 'baseline' | 'resume'>> & { baseline: number | undefined };
  #weights: readonly KeptWeights[] | undefined;

  constructor(options: EarlyStoppingOptions) {
    const { mode, minDelta = 0, patience = 0, startEpoch = 0, baseline, restoreBest = false } = check.options(options);
    check.oneOf('mode', mode, ['min', 'max']);
    check.number('minDelta', minDelta, { min: 0 });
    check.number('patience', patience, { integer: true, min: 0 });
    check.number('startEpoch', startEpoch, { integer: true, min: 0 });
    if (baseline !== undefined) check.number('baseline', baseline);
    check.boolean('restoreBest', restoreBest);
    this.#options = { mode, minDelta, patience, startEpoch, baseline, restoreBest };
    if (options.resume !== undefined) this.#resume(options.resume);
  }

  /**
   * Takes note of an epoch.
   *
   * @param epoch From 0.
   * @param metric Of this epoch.
   * @param weights What to keep if it is the best and `restoreBest` is set: trainable variables, and moving averages too.
   */
  async observe(
    epoch: number,
    metric: number,
    weights: readonly Tensor[] = [],
  ): Promise<{ improved: boolean; stop: boolean }> {
    const { patience, startEpoch, baseline, restoreBest } = this.#options;
    check.number('epoch', epoch, { integer: true, min: 0 });
    if (typeof metric !== 'number') check.fail('type', 'metric', 'a number', metric);
    if (!Array.isArray(weights)) check.fail('type', 'weights', 'a list of tensors', weights);
    if (restoreBest && weights.length === 0) check.fail('range', 'weights', 'the weights to restore', weights);
    if (restoreBest) requireKeepable(check, 'weights', weights);
    if (epoch < startEpoch) return { improved: false, stop: false };

    this.wait++;
    if (this.#isBetter(metric, this.best)) {
      this.best = metric;
      this.bestEpoch = epoch;
      if (baseline === undefined || this.#isBetter(metric, baseline)) this.wait = 0;
      if (restoreBest) this.#weights = await readWeights(weights);
      return { improved: true, stop: false };
    }
    const stop = this.wait >= patience && epoch > 0;
    if (stop) this.stoppedEpoch = epoch;
    return { improved: false, stop };
  }

  /**
   * Gives the variables the weights of the best epoch; without a best epoch it leaves them.
   *
   * @param variables As many and of the shapes that `observe` was given.
   * @returns Whether there was a best epoch.
   */
  restore(variables: readonly Variable[]): boolean {
    requireVariables(variables);
    if (this.#weights === undefined) return false;
    assignWeights(check, variables, this.#weights);
    return true;
  }

  /** Weights of the best epoch as new tensors, which the caller disposes, or none. */
  bestWeights(): Tensor[] | undefined {
    return this.#weights?.map(tensorOfKept);
  }

  /** What the option `resume` takes: plain data. */
  state(): EarlyStoppingState {
    return {
      ...format,
      mode: this.#options.mode,
      best: this.best ?? null,
      bestEpoch: this.bestEpoch ?? null,
      stoppedEpoch: this.stoppedEpoch ?? null,
      wait: this.wait,
      weights: this.#weights ?? null,
    };
  }

  #resume(state: EarlyStoppingState): void {
    requireSavedState(check, state, format);
    const { mode } = this.#options;
    if (state.mode !== mode) check.fail('range', 'mode', `${describeValue(state.mode)}, as in the saved state`, mode);
    check.number('resume.wait', state.wait, { integer: true, min: 0 });
    if (state.best !== null) check.number('resume.best', state.best);
    for (const name of ['bestEpoch', 'stoppedEpoch'] as const) {
      if (state[name] !== null) check.number(`resume.${name}`, state[name], { integer: true, min: 0 });
    }
    if (state.weights !== null) {
      if (!Array.isArray(state.weights))
        check.fail('type', 'resume.weights', 'a list of { shape, values }', state.weights);
      for (const [index, kept] of state.weights.entries()) requireKept(check, `resume.weights[${index}]`, kept);
    }
    this.best = state.best ?? undefined;
    this.bestEpoch = state.bestEpoch ?? undefined;
    this.stoppedEpoch = state.stoppedEpoch ?? undefined;
    this.wait = state.wait;
    this.#weights = state.weights ?? undefined;
  }

  #isBetter(metric: number, reference: number | undefined): boolean {
    if (!Number.isFinite(metric)) return false;
    if (reference === undefined) return true;
    const { mode, minDelta } = this.#options;
    return mode === 'min' ? metric + minDelta < reference : metric - minDelta > reference;
  }
}

const check = checker('@cnnviz/regularizers', 'EarlyStopping');
const format = { kind: 'EarlyStopping', version: 1 } as const;

/** What is used of a `LayersModel`. */
export interface StoppableModel {
  stopTraining: boolean;
  getWeights(): Tensor[];
  setWeights(weights: Tensor[]): void;
}

export interface EarlyStoppingCallback {
  onTrainBegin(): Promise<void>;
  onEpochEnd(epoch: number, logs?: Record<string, unknown>): Promise<void>;
  onTrainEnd(): Promise<void>;
}

/**
 * {@link EarlyStopping} for `LayersModel.fit`, which gets the best weights back whatever ended the training:
 * tfjs-layers' own `tf.callbacks.earlyStopping` throws when asked to (tensorflow/tfjs#8488).
 *
 * @param model The `LayersModel` that is fitted; it is known by its methods, nothing of tfjs-layers is imported.
 * @param options As of `EarlyStopping`, and `monitor`: the metric as `fit` logs it, `val_loss` or `val_acc`.
 * @returns What `fit` takes in `callbacks`.
 * @throws Error, from `fit`, if it logs no such metric.
 *
 * @example
 * import { earlyStoppingCallback } from '@cnnviz/regularizers';
 *
 * const layersModel = { stopTraining: false, getWeights: () => [], setWeights: () => {} }; // a LayersModel
 * const callbacks = earlyStoppingCallback(layersModel, { monitor: 'val_loss', mode: 'min', patience: 3 });
 * // await layersModel.fit(xs, ys, { epochs: 100, validationSplit: 0.2, callbacks });
 */
export function earlyStoppingCallback(
  model: StoppableModel,
  options: EarlyStoppingOptions & { monitor: string },
): EarlyStoppingCallback {
  const callbackCheck = checker('@cnnviz/regularizers', 'earlyStoppingCallback');
  for (const method of ['getWeights', 'setWeights'] as const) {
    callbackCheck.callable<unknown>(`model.${method}`, model?.[method]);
  }
  const { monitor, ...stoppingOptions } = callbackCheck.options(options);
  if (typeof monitor !== 'string') callbackCheck.fail('type', 'monitor', 'the name of a metric', monitor);
  let stopping = new EarlyStopping(stoppingOptions);
  return {
    async onTrainBegin() {
      stopping = new EarlyStopping(stoppingOptions);
    },
    async onEpochEnd(epoch, logs = {}) {
      const metric = logs[monitor];
      if (typeof metric !== 'number') {
        callbackCheck.fail('state', 'monitor', `one of ${Object.keys(logs).join(', ')}`, monitor);
      }
      const { stop } = await stopping.observe(epoch, metric as number, model.getWeights());
      if (stop) model.stopTraining = true;
    },
    async onTrainEnd() {
      const best = stopping.bestWeights();
      if (best === undefined) return;
      // The history of `fit` would be lost with a throw.
      cleanUp(callbackCheck, 'restoring the best weights', () => model.setWeights(best));
      tf.dispose(best);
    },
  };
}

function requireVariables(variables: readonly Variable[]): void {
  const isList = Array.isArray(variables) && variables.every((variable) => variable instanceof tf.Variable);
  if (!isList) check.fail('type', 'variables', 'a list of variables', variables);
}
