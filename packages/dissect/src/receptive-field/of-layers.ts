import { check, isLost, lost, type Pair } from './algebra.ts';
import { fieldOf } from './field-of.ts';
import { inOrder } from './in-order.ts';
import { configOf, throughLayer } from './layer-operations.ts';
import { nearby } from './nearby.ts';
import type {
  LayersTopology,
  LayerTopology,
  NodeTopology,
  ReceptiveField,
  ReceptiveFieldOptions,
  TensorTopology,
} from './options.ts';
import {
  imageMap,
  isMap,
  isWhole,
  type Layout,
  type PlacedMap,
  startAt,
  type Traced,
  unknownConstant,
} from './placed-map.ts';

/**
 * One application of a layer: a layer that several models share, or that a model uses more than once, has several. Each
 * exists once, so that it can be looked up by identity.
 */
interface Application {
  layer: LayerTopology;
  node: NodeTopology;
}

/** What is known at the start, such as the image; a nested model has a start of its own. */
type Start = ReadonlyMap<Application, readonly Traced[]>;

/** The receptive field of a layer of a LayersModel. */
export function ofLayers(model: LayersTopology, name: string, options: ReceptiveFieldOptions): ReceptiveField {
  const { from, extent = 'local' } = options;
  const own = applicationsOf(model);
  const wanted = applicationsNamed(model, own, { option: 'layer', name, nodeIndex: options.nodeIndex });
  const start = from === undefined ? [] : applicationsNamed(model, own, { option: 'from', name: from });
  const layout = layoutOf(own, start, options);
  const image = imageOf(own, start, { layout, options });
  const trace = tracer(image.start, options);
  const fields = wanted.map((each) => fieldOf(trace(each)[0]!, { name, inputSize: image.size, extent }));
  if (new Set(fields.map((field) => JSON.stringify(field))).size > 1) {
    const indices = wanted.map(({ layer, node }) => layer.inboundNodes.indexOf(node));
    check.failBecause(
      'range',
      `the model applies ${name} more than once: say which in nodeIndex, one of ${indices.join(', ')}`,
    );
  }
  return fields[0]!;
}

const applications = new WeakMap<object, Application>();

/** `nodeIndex` counts the applications of a layer in all models. */
function applicationOf(layer: LayerTopology, nodeIndex?: number): Application {
  // A model that is used as a layer has a node of its own first, without inputs.
  const first = layer.inboundNodes.find(({ inboundLayers }) => inboundLayers.length > 0) ?? layer.inboundNodes[0];
  const node = nodeIndex === undefined ? first : layer.inboundNodes[nodeIndex];
  const key = node ?? layer;
  const known = applications.get(key) ?? { layer, node: node ?? { inboundLayers: [] } };
  applications.set(key, known);
  return known;
}

const sourceOf = ({ sourceLayer, nodeIndex }: TensorTopology): Application => applicationOf(sourceLayer, nodeIndex);

const inputsOf = ({ node }: Application): Application[] =>
  node.inboundLayers.map((layer, index) => applicationOf(layer, node.nodeIndices?.[index]));

/** The applications that lead to what the model gives; those of its layers if it does not say what that is. */
function applicationsOf({ layers, outputs }: LayersTopology): ReadonlySet<Application> {
  const found = new Set<Application>(outputs?.map(sourceOf) ?? layers.map((layer) => applicationOf(layer)));
  for (const application of found) for (const input of inputsOf(application)) found.add(input);
  return found;
}

function applicationsNamed(
  model: LayersTopology,
  own: ReadonlySet<Application>,
  { option, name, nodeIndex }: { option: string; name: string; nodeIndex?: number | undefined },
): Application[] {
  const names = model.layers.map((layer) => layer.name);
  const layer = model.layers.find((each) => each.name === name);
  if (layer === undefined) return check.fail('range', option, `one of ${nearby(names, name)}`, name);
  const found = [...own].filter((each) => each.layer === layer);
  // The first model of a sequential one is not applied: its own layers are continued.
  const last = isModel(layer) ? layer.outputs?.map(sourceOf).find((each) => own.has(each)) : undefined;
  if (found.length === 0 && last !== undefined) return [last];
  if (found.length === 0) check.failBecause('state', `the model does not apply ${name}`);
  if (nodeIndex === undefined) return found.reverse();
  const chosen = found.filter(({ node }) => layer.inboundNodes.indexOf(node) === nodeIndex);
  if (chosen.length > 0) return chosen;
  const indices = found.map(({ node }) => layer.inboundNodes.indexOf(node)).sort((a, b) => a - b);
  return check.fail('range', 'nodeIndex', `one of ${indices.join(', ')}`, nodeIndex);
}

const isModel = (layer: LayerTopology): layer is LayerTopology & LayersTopology =>
  'layers' in layer && Array.isArray(layer.layers);

/** What each application of a layer gives. */
function tracer(start: Start, options: ReceptiveFieldOptions): (application: Application) => readonly Traced[] {
  const compute = (application: Application, inputs: readonly (readonly Traced[])[]): readonly Traced[] => {
    const known = start.get(application);
    if (known !== undefined) return known;
    const { layer, node } = application;
    const taken = inputs.map((results, index) => results[node.tensorIndices?.[index] ?? 0] ?? results[0]!);
    if (taken.length === 0) return [unknownConstant];
    return isModel(layer) ? throughModel(layer, taken, options) : [throughLayer(layer, taken, options)];
  };
  return inOrder({
    inputsOf: (application) => (start.has(application) ? [] : inputsOf(application)),
    compute,
    inCircle: ({ layer }) => [lost(`${layer.name} (${layer.getClassName()}) depends on itself`)],
  });
}

/** The layers of a nested model see what comes in. */
function throughModel(model: LayersTopology, inputs: readonly Traced[], options: ReceptiveFieldOptions): Traced[] {
  const starts =
    model.inputs?.map(sourceOf) ?? [...applicationsOf(model)].filter((each) => inputsOf(each).length === 0);
  const trace = tracer(new Map(starts.map((each, index) => [each, [inputs[index] ?? unknownConstant]])), options);
  const last = model.layers.at(-1);
  if (model.outputs !== undefined) return model.outputs.map((each) => trace(sourceOf(each))[each.tensorIndex]!);
  return last === undefined ? [...inputs] : [...trace(applicationOf(last))];
}

/**
 * The order of the image's axes, by the first layer that finds a map: layers say it, inputs do not, and what stands between
 * may turn axes.
 */
function layoutOf(
  own: ReadonlySet<Application>,
  start: readonly Application[],
  options: ReceptiveFieldOptions,
): Layout {
  const trace = tracer(imageOf(own, start, { layout: 'channelsLast', options }).start, options);
  for (const application of own) {
    if (!isModel(application.layer) && !('dataFormat' in configOf(application.layer))) continue;
    const [traced] = trace(application);
    if (traced === undefined) continue;
    if (isMap(traced)) return 'channelsLast';
    if (isLost(traced) && traced.misread) return 'channelsFirst';
  }
  return 'channelsLast';
}

interface Image {
  start: Start;
  size: Pair | null;
}

function imageOf(
  own: ReadonlySet<Application>,
  start: readonly Application[],
  { layout, options }: { layout: Layout; options: ReceptiveFieldOptions },
): Image {
  const images = imagesOf(own, layout, options);
  const { from, inputSize } = options;
  const [first, ...others] = start;
  if (from === undefined || first === undefined) return images;
  if (others.length > 0) check.failBecause('range', `the model applies ${from}, which from names, more than once`);
  const { map, size } = startAt(tracer(images.start, options)(first)[0]!, { from, layout, inputSize });
  return { start: new Map([[first, [map]]]), size };
}

/** The inputs of the model that may be images. */
function imagesOf(own: ReadonlySet<Application>, layout: Layout, options: ReceptiveFieldOptions): Image {
  const started = new Map<Application, readonly Traced[]>();
  let firstSize: Pair | null = options.inputSize ?? null;
  for (const application of [...own].reverse()) {
    const { layer, node } = application;
    const { batchInputShape } = configOf(layer);
    const isKnown = Array.isArray(batchInputShape);
    if (node.inboundLayers.length > 0 || (isKnown && batchInputShape.length !== 4)) continue;
    const [, ...shape] = isKnown
      ? batchInputShape.map((length) => (Number.isInteger(length) ? Number(length) : null))
      : [];
    const [height, width, channels] = layout === 'channelsLast' ? shape : [shape[1], shape[2], shape[0]];
    const size: Pair<number | null> = options.inputSize ?? [height ?? null, width ?? null];
    if (started.size === 0 && isWhole(size)) firstSize = size;
    const map: PlacedMap = imageMap(size, layout, { batch: 1, channels: channels ?? null });
    started.set(application, [throughLayer(layer, [map], options)]);
  }
  return { start: started, size: firstSize };
}
