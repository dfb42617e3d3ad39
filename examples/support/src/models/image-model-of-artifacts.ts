import { checker } from '@cnnviz/internal';
import { type GraphModel, loadGraphModelSync } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import { explainModel } from './explain-model.ts';
import {
  type GraphTopology,
  type ImageModel,
  type ImageModelOptions,
  imageModelOfGraph,
  imageModelOfLayers,
} from './image-model.ts';
import { loadLayers } from './load-layers.ts';

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
  const check = checker('@cnnviz/example-support', 'loadModel');
  if (preprocessing === undefined) {
    return check.failBecause('state', `preprocessing must be given: ${source} does not say what its pixels are`);
  }
  const complete = { ...given, preprocessing };

  if (typeof preprocessing !== 'object' || preprocessing === null) {
    check.fail('type', 'preprocessing', '{ range, mean, deviation }', preprocessing);
  }
  const { classes } = given;
  if (classes !== undefined && !(Array.isArray(classes) && classes.every((name) => typeof name === 'string'))) {
    check.fail('type', 'classes', 'a list of names', classes);
  }

  return explainModel(source, async () => {
    if ('node' in artifacts.modelTopology!) {
      const graph = loadGraph(artifacts);
      return orDispose(graph, () => imageModelOfGraph(graph, artifacts.modelTopology as GraphTopology, complete));
    }
    const modelTopology = withoutFinalSoftmax(artifacts.modelTopology as LayersTopology);
    const layers = await loadLayers({ ...artifacts, modelTopology });
    return orDispose(layers, () => imageModelOfLayers(layers, complete));
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
