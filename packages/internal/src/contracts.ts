import type { Tensor1D, Tensor2D, Tensor4D, Variable } from '@tensorflow/tfjs-core';

/**
 * Images `[n, h, w, c]` to logits `[n, classes]`: any LayersModel, GraphModel or hand-written function.
 *
 * Logits are what a softmax at the end would get. Whatever needs them warns once of a model that seems to return
 * probabilities instead.
 */
export type Classifier = (images: Tensor4D) => Tensor2D;

/** Images `[n, h, w, c]` to the activations `[n, h', w', units]` of one layer. */
export type Probe = (images: Tensor4D) => Tensor4D;

/** Codes `[n, d]` to images `[n, h, w, c]`. */
export type Generator = (codes: Tensor2D) => Tensor4D;

/** What a valid pixel may be: the range that the model was trained on. Always asked for, never guessed. */
export type Bounds = readonly [min: number, max: number];

/** A model being trained: `variables` are what the optimizer may change. */
export interface Trainable {
  /** Images `[n, h, w, c]` to logits `[n, classes]`; the caller disposes. */
  apply(images: Tensor4D, options: { training: boolean }): Tensor2D;
  variables: Variable[];
}

/**
 * A data set: anything that can be iterated more than once, one batch at a time.
 *
 * A batch belongs to the data set: an algorithm reads it before it asks for the next one and never disposes it.
 */
export type Batches<T> = Iterable<T> | AsyncIterable<T>;

/** One image of a batch that was given up, while the others went on. */
export interface FailedImage {
  /** Its place in the batch, from 0. */
  readonly index: number;
  /** The step at which it was given up, from 0, the start. */
  readonly step: number;
  /** Why, as an error would say it. */
  readonly reason: string;
}

/** Images `[n, h, w, c]` and the class of each, `[n]` int32. */
export interface LabelledImages {
  images: Tensor4D;
  labels: Tensor1D;
}
