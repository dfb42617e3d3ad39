import type { Tensor } from '@tensorflow/tfjs-core';

/** Where a run is. */
export interface StepOfRun {
  /** From 0. */
  readonly step: number;
  readonly steps: number;
}

/** How a gradient becomes a step. Made by `adam` and `normalizedAscent`; holds no state of its own. */
export interface Optimizer {
  /** As errors call it. */
  readonly name: string;
  /** Number of tensors of the variables' shape that it remembers from step to step; all are zero at the start. */
  readonly memory: number;
  /**
   * Within `tf.tidy`.
   *
   * @param gradient Of what is maximized, `[n, ...]`; finite.
   * @param memory What the step before remembered.
   * @returns What to add to the variables, and what to remember.
   */
  update(gradient: Tensor, memory: readonly Tensor[], at: StepOfRun): { update: Tensor; memory: Tensor[] };
}
