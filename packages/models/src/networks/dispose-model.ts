import * as tf from '@tensorflow/tfjs-core';
import { type AnyModel, isLayersModel } from './network-of.ts';

/** Frees all weights. The `dispose` of tfjs-layers leaves those of a model nested in a Sequential one. */
export function disposeModel(model: AnyModel): void {
  const weights = isLayersModel(model) ? model.weights.map((weight) => weight.read()) : [];
  model.dispose();
  tf.dispose(weights);
}
