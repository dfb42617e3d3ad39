import { check, isLost, lost, type Pair } from './algebra.ts';
import { type Application, applicationOf, applicationsOf, inputsOf, isModel, sourceOf } from './applications.ts';
import { fieldOf } from './field-of.ts';
import { inOrder } from './in-order.ts';
import { configOf, throughLayer } from './layer-operations.ts';
import { indicesOf, type NamedPlace, placeNamed } from './named-place.ts';
import type { LayersTopology, LayerTopology, NodeTopology, ReceptiveField, ReceptiveFieldOptions } from './options.ts';
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

/** What is known at the start, such as the image; a nested model has a start of its own. */
type Start = ReadonlyMap<Application, readonly Traced[]>;

/** The receptive field of a layer of a LayersModel. */
export function ofLayers(model: LayersTopology, name: string, options: ReceptiveFieldOptions): ReceptiveField {
  const { from, extent = 'local' } = options;
  const wanted = placeNamed(model, { option: 'layer', name, nodeIndex: options.nodeIndex });
  const start = from === undefined ? null : placeNamed(model, { option: 'from', name: from });
  const own = applicationsOf(model);
  const layout = layoutOf(own, start, options);
  const image = imageOf(own, start, { layout, options });
  const trace = tracerWithin(wanted.within, { start: image.start, options });
  const fields = wanted.applications.map((each) => fieldOf(trace(each)[0]!, { name, inputSize: image.size, extent }));
  if (new Set(fields.map((field) => JSON.stringify(field))).size > 1) {
    check.failBecause(
      'range',
      `the model applies ${name} more than once: say which in nodeIndex, one of ${indicesOf(wanted.applications)}`,
    );
  }
  return fields[0]!;
}

type Tracer = (application: Application) => readonly Traced[];

/** What each application of a layer gives. */
function tracer(start: Start, options: ReceptiveFieldOptions): Tracer {
  const compute = (application: Application, inputs: readonly (readonly Traced[])[]): readonly Traced[] => {
    const known = start.get(application);
    if (known !== undefined) return known;
    const { layer, node } = application;
    const taken = takenOf(node, inputs);
    if (taken.length === 0) return [unknownConstant];
    return isModel(layer) ? throughModel(layer, taken, { start, options }) : [throughLayer(layer, taken, options)];
  };
  return inOrder({
    inputsOf: (application) => (start.has(application) ? [] : inputsOf(application)),
    compute,
    inCircle: ({ layer }) => [lost(`${layer.name} (${layer.getClassName()}) depends on itself`)],
  });
}

const takenOf = (node: NodeTopology, inputs: readonly (readonly Traced[])[]): Traced[] =>
  inputs.map((results, index) => results[node.tensorIndices?.[index] ?? 0] ?? results[0]!);

interface Given {
  start: Start;
  options: ReceptiveFieldOptions;
}

function throughModel(model: LayersTopology, inputs: readonly Traced[], given: Given): Traced[] {
  const trace = tracerIn(model, inputs, given);
  const last = model.layers.at(-1);
  if (model.outputs !== undefined) return model.outputs.map((each) => trace(sourceOf(each))[each.tensorIndex]!);
  return last === undefined ? [...inputs] : [...trace(applicationOf(last))];
}

/** The layers of a nested model see what comes in. */
function tracerIn(model: LayersTopology, inputs: readonly Traced[], { start, options }: Given): Tracer {
  const entries =
    model.inputs?.map(sourceOf) ?? [...applicationsOf(model)].filter((each) => inputsOf(each).length === 0);
  const entered = entries.map((each, index) => [each, [inputs[index] ?? unknownConstant]] as const);
  return tracer(new Map([...start, ...entered]), options);
}

/** @param within Models, each within the one before. */
function tracerWithin(within: readonly Application[], { start, options }: Given): Tracer {
  return within.reduce<Tracer>(
    (trace, application) => {
      const inputs = takenOf(application.node, inputsOf(application).map(trace));
      return tracerIn(application.layer as LayerTopology & LayersTopology, inputs, { start, options });
    },
    tracer(start, options),
  );
}

/**
 * The order of the image's axes, by the first layer that finds a map: layers say it, inputs do not, and what stands between
 * may turn axes.
 */
function layoutOf(own: ReadonlySet<Application>, start: NamedPlace | null, options: ReceptiveFieldOptions): Layout {
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
  start: NamedPlace | null,
  { layout, options }: { layout: Layout; options: ReceptiveFieldOptions },
): Image {
  const images = imagesOf(own, layout, options);
  const { from, inputSize } = options;
  if (from === undefined || start === null) return images;
  const [first, ...others] = start.applications;
  if (others.length > 0) check.failBecause('range', `the model applies ${from}, which from names, more than once`);
  const [known] = tracerWithin(start.within, { start: images.start, options })(first!);
  const { map, size } = startAt(known!, { from, layout, inputSize });
  return { start: new Map([[first!, [map]]]), size };
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
