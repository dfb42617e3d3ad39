import type { Check } from '@cnnviz/internal';
import type { io } from '@tensorflow/tfjs-core';

interface SavedLayer {
  class_name: string;
  name?: string;
  config: Record<string, unknown> & { layers?: SavedLayer[] };
  inbound_nodes?: unknown[];
}

/**
 * A LayersModel that Keras 3 wrote, in the words of Keras 2, which tfjs-layers 4.22 reads. Others come back as they are.
 *
 * @throws Error that says what tfjs-layers would compute otherwise than Keras 3 does, and what to do.
 */
export function inKeras2Form(check: Check, artifacts: io.ModelArtifacts, source: string): io.ModelArtifacts {
  const topology = artifacts.modelTopology as { keras_version?: unknown; model_config?: SavedLayer };
  const model = topology.model_config;
  if (!/^[3-9]/.test(String(topology.keras_version)) || !isLayer(model)) return artifacts;
  const refuse = (what: string): never =>
    check.failBecause(
      'state',
      `${source}: expected a model that tfjs-layers can run, found ${what}, which it lacks. Convert the model to a ` +
        'GraphModel: tensorflowjs_converter --output_format=tfjs_graph_model',
    );
  const containers = new Set<string>();
  const model_config = convertLayer(structuredClone(model), containers, refuse);
  const weightSpecs = artifacts.weightSpecs?.map((spec) => ({ ...spec, name: withoutModels(spec.name, containers) }));
  return {
    ...artifacts,
    modelTopology: { ...topology, model_config },
    ...(weightSpecs && { weightSpecs }),
  };
}

const isLayer = (value: unknown): value is SavedLayer =>
  typeof value === 'object' && value !== null && typeof (value as Partial<SavedLayer>).config === 'object';

/** Changes it in place. */
function convertLayer(layer: SavedLayer, containers: Set<string>, refuse: (what: string) => never): SavedLayer {
  const { config } = layer;
  if (config === null) return layer;
  const name = String(config.name ?? layer.name);
  if (Array.isArray(config.layers)) {
    containers.add(name);
    for (const inner of config.layers) if (isLayer(inner)) convertLayer(inner, containers, refuse);
    for (const key of ['input_layers', 'output_layers']) config[key] = listOfPlaces(config[key]);
  }
  if (isLayer(config.layer)) convertLayer(config.layer as SavedLayer, containers, refuse);
  requireAlike(layer, name, refuse);
  if (Array.isArray(config.batch_shape)) config.batch_input_shape = config.batch_shape;
  if (typeof config.dtype === 'object') config.dtype = 'float32';
  for (const key of ['activation', 'recurrent_activation']) if (config[key] === 'silu') config[key] = 'swish';
  if (layer.class_name === 'LeakyReLU' && config.negative_slope !== undefined) config.alpha = config.negative_slope;
  if (Array.isArray(layer.inbound_nodes)) {
    layer.inbound_nodes = layer.inbound_nodes.map((node) => convertNode(node, `${name} (${layer.class_name})`, refuse));
  }
  return layer;
}

/** What tfjs-layers reads without a word, and computes otherwise. */
function requireAlike({ class_name, config }: SavedLayer, name: string, refuse: (what: string) => never): void {
  const where = `${name} (${class_name})`;
  if (/^Global\w+Pooling/.test(class_name) && config.keepdims === true) refuse(`${where} with keepdims`);
  if (/Conv/.test(class_name) && typeof config.groups === 'number' && config.groups > 1) refuse(`${where} with groups`);
  if (class_name === 'ReLU' && (Number(config.negative_slope ?? 0) !== 0 || Number(config.threshold ?? 0) !== 0)) {
    refuse(`${where} with a slope or a threshold`);
  }
  // x / 6 + 0.5 of Keras 3 is 0.2 x + 0.5 in tfjs-layers.
  if (config.activation === 'hard_sigmoid') refuse(`${where} with the hard sigmoid of Keras 3`);
}

/** `["out", 0, 0]` of one output, or an object of several, as a list of them. */
function listOfPlaces(places: unknown): unknown {
  if (Array.isArray(places)) return typeof places[0] === 'string' ? [places] : places;
  return typeof places === 'object' && places !== null ? Object.values(places) : places;
}

/** `{ args: [tensor], kwargs: {} }` as `[[layer, node, tensor, {}]]`. */
function convertNode(node: unknown, where: string, refuse: (what: string) => never): unknown {
  if (typeof node !== 'object' || node === null || !('args' in node)) return node;
  const { args, kwargs } = node as { args: unknown; kwargs?: object };
  const isTensorIn = (values: unknown): boolean => JSON.stringify(values ?? null).includes('__keras_tensor__');
  if (isTensorIn(kwargs)) refuse(`${where}, whose inputs have names`);
  return [args].flat(8).map((input) => {
    const { config } = (input ?? {}) as { config?: { keras_history?: unknown } };
    const history = config?.keras_history;
    return Array.isArray(history) ? [...history, {}] : refuse(`${where}, which takes ${JSON.stringify(input)}`);
  });
}

/** Keras 3 writes the models around a layer into the names of its weights: `sequential/conv2d/kernel`. */
function withoutModels(name: string, containers: ReadonlySet<string>): string {
  const parts = name.split('/');
  while (parts.length > 2 && containers.has(parts[0]!)) parts.shift();
  return parts.join('/');
}
