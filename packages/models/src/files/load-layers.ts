import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers';
import { unconnectedLayer } from './unconnected-layer.ts';

let last: Promise<unknown> = Promise.resolve();

/**
 * What `loadLayersModel` gives of a model's files; where it fails, nothing of what it made is left.
 *
 * One after another: what one of them made is told by what was there before it.
 */
export function loadLayers(artifacts: tf.io.ModelArtifacts): Promise<LayersModel> {
  const loaded = last.then(() => loadOne(artifacts));
  last = loaded.catch(() => {});
  return loaded;
}

async function loadOne(artifacts: tf.io.ModelArtifacts): Promise<LayersModel> {
  const waiting = unconnectedLayer(artifacts.modelTopology);
  if (waiting !== undefined)
    throw new Error(`the layer ${waiting} must be there once, with inputs that other layers give`);
  const engine = tf.engine();
  const before = new Set(Object.keys(engine.state.registeredVariables));
  // Nothing within waits for more than a promise that is kept already.
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
