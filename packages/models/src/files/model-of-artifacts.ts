import type { Check } from '@cnnviz/internal';
import { type GraphModel, loadGraphModelSync } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import { disposeModel } from '../networks/dispose-model.ts';
import type { AnyModel } from '../networks/network-of.ts';
import { explainModel } from './explain-model.ts';
import { loadLayers } from './load-layers.ts';

/**
 * Loads a model of its files' contents and makes something of it. Where either fails, nothing is left.
 *
 * @param source What errors call it.
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

/** Where it fails, nothing of what it made is left. */
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
