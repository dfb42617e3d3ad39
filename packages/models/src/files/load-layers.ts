import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers';
import { unconnectedLayer } from './unconnected-layer.ts';

let last: Promise<unknown> = Promise.resolve();

/**
 * Loads a LayersModel from a model's files. If loading fails, everything it created is disposed.
 *
 * Models load one after another, because the variables of a failed load are found by comparison with those before it.
 */
export function loadLayers(artifacts: tf.io.ModelArtifacts): Promise<LayersModel> {
  const loaded = last.then(() => loadOne(artifacts));
  last = loaded.catch(() => {});
  return loaded;
}

async function loadOne(artifacts: tf.io.ModelArtifacts): Promise<LayersModel> {
  const waiting = unconnectedLayer(artifacts.modelTopology);
  if (waiting !== undefined) throw new Error(`the layer ${waiting} must appear once, with inputs from other layers`);
  const engine = tf.engine();
  const before = new Set(Object.keys(engine.state.registeredVariables));
  // A scope around asynchronous code works here because only promises that have settled are awaited inside.
  engine.startScope();
  try {
    return await loadLayersModel({ load: async () => artifacts });
  } catch (error) {
    for (const [name, variable] of Object.entries(engine.state.registeredVariables)) {
      if (!before.has(name)) variable.dispose();
    }
    throw error;
  } finally {
    engine.endScope();
  }
}
