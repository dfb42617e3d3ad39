import * as tf from '@tensorflow/tfjs-core';
import { type AnyModel, isLayersModel } from './network-of.ts';

/** Frees all weights. tfjs-layers itself leaves those of a model within a Sequential one. */
export function disposeModel(model: AnyModel): void {
  const weights = isLayersModel(model) ? model.weights.map((weight) => weight.read()) : [];
  model.dispose();
  tf.dispose(weights);
}
