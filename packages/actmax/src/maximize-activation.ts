import type { LongWork, RandomState } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Objective } from './objective.ts';
import type { Optimizer } from './optimizer.ts';
import type { Parameterization } from './parameterization.ts';
import type { Regularizer } from './regularizer.ts';
import type { Transform } from './transform.ts';

export interface AscentOptions {
  /** What to maximize: one objective for all images, or a list whose objectives take the images one after the other. */
  objective: Objective | readonly Objective[];
  /** What is changed, and how it becomes an image. */
  parameterization: Parameterization;
  /** Decides the start and the transforms. */
  seed: number;
  /** How many images. Default: as many as the objective is for, or 1. */
  count?: number;
  /** Default: `adam()`, with lucid's learning rate of 0.05. */
  optimizer?: Optimizer;
  /** What is done to the images before a network sees them. Default: nothing. */
  transforms?: readonly Transform[];
  /** Applied one after the other. Default: none. */
  regularizers?: readonly Regularizer[];
  /** Default: 512, as lucid. */
  steps?: number;
  /** An image whose activation reaches this takes no further step, and the run ends once all do. Default: never. */
  stopAt?: number;
  /** Goes on from here instead of from the start, with the same result to the last bit on the same backend. */
  resume?: AscentState;
}

/** All that decides how a run goes on; plain data. */
export interface AscentState {
  /** Steps that were taken. */
  readonly step: number;
  /** Of `variables`: `[n, ...variableShape]`. */
  readonly shape: readonly number[];
  readonly variables: Float32Array;
  /** What the optimizer remembers, one array of `variables`' size for each of its tensors. */
  readonly memory: readonly Float32Array[];
  readonly random: RandomState;
  /** The best variables of each image so far, the value that made them the best, and the step that they were found at. */
  readonly best: {
    readonly variables: Float32Array;
    readonly values: readonly number[];
    readonly activations: readonly number[];
    readonly steps: readonly number[];
  };
  /** Which images have reached `stopAt`. */
  readonly stopped: readonly boolean[];
  /** The activation of each image at each step. */
  readonly trace: readonly (readonly number[])[];
}

export interface AscentStep {
  /** Steps that were taken, from 1. */
  step: number;
  steps: number;
  /** The objective of each image as the network saw it, before this step. */
  activations: number[];
  /** The images that `activations` are of, `[n, h, w, c]`. Only until the next step. The caller disposes. */
  images(): Tensor4D;
  /** Where the run is after this step. Only until the next step. */
  state(): Promise<AscentState>;
}

export interface MaximizeActivationOptions extends AscentOptions, LongWork<AscentStep> {}

export interface MaximizedActivation {
  /** The best of the run for each objective, `[n, h, w, c]` inside the bounds. The caller disposes. */
  images: Tensor4D;
  /** The objective of each of `images`, as they are, without transforms. */
  activations: number[];
  /** The step, from 0 (the start), that each of `images` was found at. */
  bestSteps: number[];
  /** How the run ended. The caller disposes `images`. */
  last: { images: Tensor4D; activations: number[] };
  /** The activation of each image at each step, from the start to the last image: `[steps + 1][n]`. */
  trace: number[][];
  /** Steps that were taken. */
  steps: number;
  /** Holds the last and the best variables (codes, of a generator), and what `resume` takes to go on. */
  state: AscentState;
}
