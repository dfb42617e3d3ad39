import type { Tensor1D, Tensor2D, Tensor4D, Variable } from '@tensorflow/tfjs-core';

/**
 * Images `[n, h, w, c]` to logits `[n, classes]`: any LayersModel, GraphModel or hand-written function.
 *
 * Logits are what a softmax at the end would get. Whatever needs them warns once of a model that seems to return
 * probabilities instead.
 *
 * Batches come in the size that the caller gave, or in smaller ones where fewer images are left. A model that takes no
 * other number than one says so: `Object.assign(model, { batchSize: 8 })`. It then gets 8 images each time, the last
 * batch being filled up with its last image. What `classifier` of `@cnnviz/models` gives does that by itself.
 */
export type Classifier = ((images: Tensor4D) => Tensor2D) & BatchSized;

/** A model whose batch size is fixed. */
export interface BatchSized {
  /** The fixed number of images per model call. Default: any number. */
  readonly batchSize?: number;
}

/** Images `[n, h, w, c]` to the activations `[n, h', w', units]` of one layer. It may say its `batchSize`, as {@link Classifier}. */
export type Probe = ((images: Tensor4D) => Tensor4D) & BatchSized;

/**
 * A classifier that answers at once or later: onnxruntime, a server or a worker gives a promise of the logits.
 *
 * What needs no gradient takes one. Three rules for a model that answers later:
 *
 * - It may read its images until it has answered. It neither changes nor disposes them.
 * - Its answer belongs to the function that asked, which disposes it once it is read. A tensor that is the images
 *   themselves, a variable or under `tf.keep` stays; to give any other tensor twice, answer with `tf.clone` of it.
 * - It disposes whatever else it makes: `tf.tidy` ends at the first `await`.
 *
 * A rejection passes through as it is. An abort takes effect once the model has answered.
 */
export type AnyClassifier = ((images: Tensor4D) => Tensor2D | Promise<Tensor2D>) & BatchSized;

/** A probe that answers at once or later, by the rules of {@link AnyClassifier}. */
export type AnyProbe = ((images: Tensor4D) => Tensor4D | Promise<Tensor4D>) & BatchSized;

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
export interface LabeledImages {
  images: Tensor4D;
  labels: Tensor1D;
}
