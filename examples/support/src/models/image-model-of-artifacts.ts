import { checker } from '@cnnviz/internal';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import {
  type GraphTopology,
  type ImageModel,
  type ImageModelOptions,
  imageModelOfGraph,
  imageModelOfLayers,
} from './image-model.ts';

/**
 * A LayersModel or a GraphModel of its files' contents. A softmax at its end is left out, so that what it returns is logits.
 *
 * @param source What errors call it.
 * @param options As those of `loadModel`.
 */
export async function imageModelOfArtifacts(
  artifacts: tf.io.ModelArtifacts,
  source: string,
  options: Partial<ImageModelOptions> = {},
): Promise<ImageModel> {
  const given = { ...(artifacts.userDefinedMetadata?.cnnviz as Partial<ImageModelOptions> | undefined), ...options };
  const { preprocessing } = given;
  if (preprocessing === undefined) {
    const check = checker('@cnnviz/example-support', 'loadModel');
    return check.failBecause('state', `preprocessing must be given: ${source} does not say what its pixels are`);
  }
  const complete = { ...given, preprocessing };

  if ('node' in artifacts.modelTopology!) {
    const graph = await loadGraphModel(tf.io.fromMemory(artifacts));
    return orDispose(graph, () => imageModelOfGraph(graph, artifacts.modelTopology as GraphTopology, complete));
  }
  const modelTopology = withoutFinalSoftmax(artifacts.modelTopology as LayersTopology);
  const layers = await loadLayersModel(tf.io.fromMemory({ ...artifacts, modelTopology }));
  return orDispose(layers, () => imageModelOfLayers(layers, complete));
}

async function orDispose<T>(model: { dispose(): unknown }, make: () => T | Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    model.dispose();
    throw error;
  }
}

interface LayerConfig {
  class_name: string;
  config: { name: string; activation?: string };
}

interface ModelConfig {
  class_name: string;
  /** A Sequential model of early Keras has the list itself here. */
  config: LayerConfig[] | { layers: LayerConfig[]; output_layers?: [string, number, number][] };
}

type LayersTopology = ModelConfig | { model_config: ModelConfig };

/** The same network with the identity where its last layer has softmax. */
function withoutFinalSoftmax<T extends LayersTopology>(topology: T): T {
  const copy = structuredClone(topology);
  const { config } = 'model_config' in copy ? copy.model_config : copy;
  const layers = Array.isArray(config) ? config : config.layers;
  const output = Array.isArray(config) ? undefined : config.output_layers?.[0]?.[0];
  const last = output === undefined ? layers.at(-1) : layers.find((layer) => layer.config.name === output);
  if (last?.class_name === 'Softmax') {
    last.class_name = 'Activation';
    last.config = { name: last.config.name, activation: 'linear' };
  } else if (last?.config.activation === 'softmax') {
    last.config.activation = 'linear';
  }
  return copy;
}
