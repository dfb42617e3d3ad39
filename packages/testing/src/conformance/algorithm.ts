import type { Bounds } from '@cnnviz/internal';

/** Tensors, models and plain values, by the names of the algorithm's parameters. */
export type Inputs = Record<string, unknown>;

/** A description of an exported algorithm for the battery. */
export interface Algorithm<I extends Inputs, O extends object> {
  /** Name of the export: `pgd`. */
  name: string;
  /** Makes inputs on the current backend, the same each time. The battery disposes their tensors. */
  inputs: () => I;
  /** Which inputs are models: functions, or objects with an `apply`. */
  models?: readonly (keyof I & string)[];
  /**
   * Which of the models may return a promise. The algorithm must refuse a promise from any other model, because it needs its
   * gradients or cannot wait.
   */
  later?: readonly (keyof I & string)[];
  /** Which inputs the algorithm is meant to change: a model in training. */
  modifies?: readonly (keyof I & string)[];
  /** Valid options. They are frozen before the algorithm sees them. */
  options: O;
  run: (inputs: I, options: O) => unknown;
  /** Options, one fault at a time, and the documented error of each. */
  badOptions: readonly (readonly [fault: { [K in keyof O]?: unknown }, message: RegExp])[];
  /** Inputs, one fault at a time, and the documented error of each. Tensors made here are disposed. */
  badInputs?: readonly (readonly [fault: () => { [K in keyof I]?: unknown }, message: RegExp])[];
  /** Returns its result synchronously, and runs inside `tf.tidy`. */
  sync?: boolean;
  /** Takes `options.seed`. `without effect` if the options make the seed irrelevant. */
  seeded?: boolean | 'without effect';
  /**
   * Treats each example separately. `inputs` are the inputs with one entry per example; no other size in the result may equal
   * their number.
   */
  batched?: { inputs: readonly (keyof I & string)[]; tolerance?: number };
  /** Takes `options.signal` and `options.onProgress`, and reports at least once. */
  abortable?: boolean;
  /** The range of every image `[n, h, w, c]` in the result. */
  bounds?: Bounds;
  /** The error for a model whose outputs are NaN. */
  nonFinite?: RegExp;
  /** Frees a result. Default: disposes every tensor in it. */
  dispose?: (result: unknown) => void;
}

export interface ConformanceCheck {
  name: string;
  run: () => Promise<void>;
  /** Concerns only code outside the kernels, which is the same on every backend. */
  onHost?: true;
}
