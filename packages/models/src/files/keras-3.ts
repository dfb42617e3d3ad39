import type { Check } from '@cnnviz/internal';
import type { io } from '@tensorflow/tfjs-core';

interface SavedLayer {
  class_name: string;
  name?: string;
  config: Record<string, unknown> & { layers?: SavedLayer[] };
  inbound_nodes?: unknown[];
}

/**
 * Converts a LayersModel written by Keras 3 to the form of Keras 2, which tfjs-layers 4.22 reads. Returns other models unchanged.
 *
 * @throws Error if tfjs-layers would compute something else than Keras 3 does. The message says what, and what to do.
 */
export function inKeras2Form(check: Check, artifacts: io.ModelArtifacts, source: string): io.ModelArtifacts {
  const topology = artifacts.modelTopology as { keras_version?: unknown; model_config?: SavedLayer };
  const model = topology.model_config;
  const isOfKeras3 = /^[3-9]/.test(String(topology.keras_version));
  if (!isOfKeras3 || !isLayer(model)) return artifacts;
  const refuse = (what: string): never =>
    check.failBecause(
      'state',
      `${source}: expected a model that tfjs-layers can run, found ${what}, which it does not support. Convert the model to a ` +
        'GraphModel: tensorflowjs_converter --output_format=tfjs_graph_model',
    );
  const renamed = new Map<string, string>();
  const model_config = convertLayer(structuredClone(model), { containers: new Set(), renamed, refuse });
  return {
    ...artifacts,
    modelTopology: { ...topology, model_config },
    weightSpecs: (artifacts.weightSpecs ?? []).map((spec) => ({ ...spec, name: weightName(spec.name, renamed) })),
  };
}

const isLayer = (value: unknown): value is SavedLayer =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Partial<SavedLayer>).config === 'object' &&
  (value as SavedLayer).config !== null;

interface Conversion {
  /** Names of the nested models among its sibling layers. */
  containers: ReadonlySet<string>;
  /** Names to replace: those of nested models, by nothing, and those of kernels that Keras 2 names differently. */
  renamed: Map<string, string>;
  refuse: (what: string) => never;
}

/** Converts a layer in place. */
function convertLayer(layer: SavedLayer, conversion: Conversion): SavedLayer {
  const { config, class_name } = layer;
  const { renamed, refuse, containers } = conversion;
  const name = String(config.name ?? layer.name);
  const where = `${name} (${class_name})`;
  requireAlike(layer, where, refuse);
  if (Array.isArray(config.layers)) convertContainer(layer, name, conversion);
  if (isLayer(config.layer)) convertLayer(config.layer as SavedLayer, conversion);
  if (class_name === 'Identity') [layer.class_name, config.activation] = ['Activation', 'linear'];
  if (class_name === 'DepthwiseConv2D') renamed.set(`${name}/kernel`, `${name}/depthwise_kernel`);
  if (Array.isArray(config.batch_shape)) config.batch_input_shape = config.batch_shape;
  if (typeof config.dtype === 'object') config.dtype = 'float32';
  for (const key of ['activation', 'recurrent_activation']) if (config[key] === 'silu') config[key] = 'swish';
  if (class_name === 'LeakyReLU' && config.negative_slope !== undefined) config.alpha = config.negative_slope;
  if (Array.isArray(layer.inbound_nodes)) {
    layer.inbound_nodes = layer.inbound_nodes.map((node) => convertNode(node, where, { containers, refuse }));
  }
  return layer;
}

function convertContainer({ config }: SavedLayer, name: string, { renamed, refuse }: Conversion): void {
  const layers = config.layers!.filter(isLayer);
  const containers = new Set(
    layers.filter((each) => Array.isArray(each.config.layers)).map((each) => String(each.name)),
  );
  renamed.set(name, '');
  for (const layer of layers) convertLayer(layer, { containers, renamed, refuse });
  for (const key of ['input_layers', 'output_layers']) {
    const places = listOfPlaces(config[key]);
    if (places !== undefined) config[key] = places.map((place) => asPlace(place, containers));
  }
}

/** Refuses what tfjs-layers would read without an error but compute differently. */
function requireAlike({ class_name, config }: SavedLayer, where: string, refuse: (what: string) => never): void {
  if (/^Global\w+Pooling/.test(class_name) && config.keepdims === true) refuse(`${where} with keepdims`);
  if (/Conv/.test(class_name) && typeof config.groups === 'number' && config.groups > 1) refuse(`${where} with groups`);
  if (class_name === 'ReLU' && (Number(config.negative_slope ?? 0) !== 0 || Number(config.threshold ?? 0) !== 0)) {
    refuse(`${where} with a slope or a threshold`);
  }
  if (config.output_padding !== undefined && config.output_padding !== null) refuse(`${where} with output_padding`);
  // tfjs-layers samples at other points than TensorFlow.
  if (class_name === 'UpSampling2D' && config.interpolation !== 'nearest') refuse(`${where} with interpolation`);
  // x / 6 + 0.5 of Keras 3 is 0.2 x + 0.5 in tfjs-layers.
  if (config.activation === 'hard_sigmoid') refuse(`${where} with the hard sigmoid of Keras 3`);
}

/** Turns `["out", 0, 0]` for one output, or an object of several, into a list of them. */
function listOfPlaces(places: unknown): unknown[] | undefined {
  if (Array.isArray(places)) return typeof places[0] === 'string' ? [places] : places;
  return typeof places === 'object' && places !== null ? Object.values(places) : undefined;
}

/** In Keras 2, a nested model's first node is its own. */
function asPlace(place: unknown, containers: ReadonlySet<string>): unknown {
  if (!Array.isArray(place) || !containers.has(String(place[0]))) return place;
  const [name, node, ...rest] = place;
  return [name, Number(node) + 1, ...rest];
}

/** Rewrites `{ args: [tensor], kwargs: {} }` as `[[layer, node, tensor, {}]]`. */
function convertNode(
  node: unknown,
  where: string,
  { containers, refuse }: Pick<Conversion, 'containers' | 'refuse'>,
): unknown {
  if (typeof node !== 'object' || node === null || !('args' in node)) return node;
  const { args, kwargs } = node as { args: unknown; kwargs?: object };
  if (JSON.stringify(kwargs ?? null).includes('__keras_tensor__')) refuse(`${where}, with named inputs`);
  return [args].flat(8).map((input) => {
    const { config } = (input ?? {}) as { config?: { keras_history?: unknown } };
    const history = config?.keras_history;
    if (!Array.isArray(history)) return refuse(`${where}, which takes ${JSON.stringify(input)}`);
    return [...(asPlace(history, containers) as unknown[]), {}];
  });
}

/** Keras 3 prefixes the names of a layer's weights with the enclosing models: `sequential/conv2d/kernel`. */
function weightName(name: string, renamed: ReadonlyMap<string, string>): string {
  const parts = name.split('/');
  while (parts.length > 2 && renamed.get(parts[0]!) === '') parts.shift();
  const inner = parts.join('/');
  return renamed.get(inner) || inner;
}
