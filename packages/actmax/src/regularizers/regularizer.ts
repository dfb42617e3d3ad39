import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { StepOfRun } from '../optimizers/optimizer.ts';
import type { Parameterization } from '../parameterizations/parameterization.ts';

/** Keeps images natural. Made by `decay`, `totalVariation`, `blur` and `gaussianPrior`. */
export interface Regularizer {
  /** As errors call it. */
  readonly name: string;
  /** Rejects a parameterization that it is not for. */
  check?(parameterization: Parameterization): void | Promise<void>;
  /** The penalty of each image, `[n]`, which is subtracted from its score; differentiable; within `tf.tidy`. */
  penalty?(images: Tensor4D, variables: Tensor): Tensor1D;
  /** Changes the variables `[n, ...]` after each step and its projection, and before the next; within `tf.tidy`. */
  afterStep?(variables: Tensor, at: StepOfRun): Tensor;
}
