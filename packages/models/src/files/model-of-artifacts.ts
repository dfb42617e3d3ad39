import type { Check } from '@cnnviz/internal';
import { type GraphModel, loadGraphModelSync } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import { disposeModel } from '../networks/dispose-model.ts';
import type { AnyModel } from '../networks/network-of.ts';
import { explainModel } from './explain-model.ts';
import { loadLayers } from './load-layers.ts';

/**
 * Loads a model from its artifacts and makes something from it. If either step fails, the model is disposed.
 *
 * @param source The model's name in errors.
 */
export async function modelOfArtifacts<T>(
  check: Check,
  artifacts: tf.io.ModelArtifacts,
  source: string,
  make: (model: AnyModel) => T | Promise<T>,
): Promise<T> {
  return explainModel(check, source, async () => {
    const model = 'node' in artifacts.modelTopology! ? loadGraph(artifacts) : await loadLayers(artifacts);
    try {
      return await make(model);
    } catch (error) {
      disposeModel(model);
      throw error;
    }
  });
}

/** Loads a GraphModel. If loading fails, everything it created is disposed. */
function loadGraph(artifacts: tf.io.ModelArtifacts): GraphModel<tf.io.IOHandlerSync> {
  const engine = tf.engine();
  engine.startScope();
  try {
    const graph = loadGraphModelSync(tf.io.fromMemorySync(artifacts));
    for (const weight of Object.values(graph.weights).flat()) tf.keep(weight);
    return graph;
  } finally {
    engine.endScope();
  }
}
