import { check, isLost, type Lost, lost, type Pair } from './algebra.ts';
import { fieldOf } from './field-of.ts';
import { constantOf } from './fold-constants.ts';
import { dataInputs, idOf, shapeOf, tensorShapeOf } from './graph-attributes.ts';
import { isLaidOut, throughNode } from './graph-operations.ts';
import { inOrder } from './in-order.ts';
import { nearby } from './nearby.ts';
import type { FieldGraph, FieldGraphNode, ReceptiveField, ReceptiveFieldOptions } from './options.ts';
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

type Nodes = ReadonlyMap<string, FieldGraphNode>;

/** The receptive field of a node of a graph. */
export function ofGraph({ node }: FieldGraph, name: string, options: ReceptiveFieldOptions): ReceptiveField {
  const nodes: Nodes = new Map(node.map((each) => [each.name, each]));
  const { from, extent = 'local' } = options;
  for (const [option, value] of Object.entries({ layer: name, from })) {
    if (value !== undefined && !nodes.has(value)) {
      check.fail('range', option, `one of ${nearby([...nodes.keys()], value)}`, value);
    }
  }
  const layout = layoutOf(nodes, options);
  const image = imageOf(nodes, layout, options);
  const traced = tracer(nodes, image, options)(name);
  return fieldOf(traced, { name, inputSize: image.size, extent });
}

/** The nodes that count as the image, with what they are. */
interface Image {
  nodes: ReadonlyMap<string, PlacedMap>;
  size: Pair | null;
}

/** What a node is, from the image on. */
function tracer(nodes: Nodes, image: Image, options: ReceptiveFieldOptions): (name: string) => Traced {
  const { constants = {} } = options;
  const isGiven = (id: string) => image.nodes.has(id) || Object.hasOwn(constants, id);
  const inputsOf = (id: string): string[] => (isGiven(id) ? [] : dataInputs(nodes.get(id)).map(idOf));
  const compute = (id: string, inputs: readonly Traced[]): Traced => {
    const start = image.nodes.get(id);
    if (start !== undefined) return start;
    if (Object.hasOwn(constants, id)) return constantOf(Array.from(constants[id]!, Number));
    const node = nodes.get(id);
    if (node === undefined) return lost(`the graph has no node ${id}`);
    if (node.op === 'Const') return { values: null, count: countOf(node) };
    if (node.op === 'Placeholder') return unknownConstant;
    return throughNode(node, inputs, { nodes, options });
  };
  const inCircle = (id: string): Lost =>
    lost(`${id} (${nodes.get(id)?.op}) is part of a loop, which is not followed: start behind it with from`);
  return inOrder({ inputsOf, compute, inCircle });
}

const countOf = ({ attr }: FieldGraphNode): number | null =>
  tensorShapeOf(attr?.value)?.reduce((product, length) => product * length, 1) ?? null;

/**
 * The order of the image's axes, by the first window on it that finds a map: a graph says it of windows, not of images, and
 * what stands between may turn axes.
 */
function layoutOf(nodes: Nodes, options: ReceptiveFieldOptions): Layout {
  const trace = tracer(nodes, imageOf(nodes, 'channelsLast', options), options);
  for (const node of nodes.values()) {
    if (!isLaidOut(node.op)) continue;
    const traced = trace(node.name);
    if (isMap(traced)) return 'channelsLast';
    if (isLost(traced) && traced.misread) return 'channelsFirst';
  }
  return 'channelsLast';
}

function imageOf(nodes: Nodes, layout: Layout, options: ReceptiveFieldOptions): Image {
  const { from, inputSize } = options;
  const images = imagesOf(nodes, layout, options);
  if (from === undefined) return images;
  const start = startAt(tracer(nodes, images, options)(from), { from, layout, inputSize });
  return { nodes: new Map([[from, start.map]]), size: start.size };
}

/** Those of the placeholders that are not known to be something else. */
function imagesOf(nodes: Nodes, layout: Layout, { inputSize, constants = {} }: ReceptiveFieldOptions): Image {
  const open = [...nodes.values()].filter(({ op, name }) => op === 'Placeholder' && !Object.hasOwn(constants, name));
  const shapes = new Map(open.map(({ name, attr }) => [name, shapeOf(attr?.shape)]));
  const isImage = ({ name }: FieldGraphNode) => shapes.get(name)!.length === 4;
  const images = open.some(isImage) ? open.filter(isImage) : open.filter(({ name }) => shapes.get(name)!.length === 0);
  const started = new Map<string, PlacedMap>();
  let firstSize: Pair | null = inputSize ?? null;
  for (const { name } of images) {
    const [batch = 1, ...rest] = shapes.get(name)!.map((length) => (length > 0 ? length : null));
    const [height, width, channels] = layout === 'channelsLast' ? rest : [rest[1], rest[2], rest[0]];
    const size: Pair<number | null> = inputSize ?? [height ?? null, width ?? null];
    if (started.size === 0 && isWhole(size)) firstSize = size;
    started.set(name, imageMap(size, layout, { batch: batch ?? 1, channels: channels ?? null }));
  }
  return { nodes: started, size: firstSize };
}
