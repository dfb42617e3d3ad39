import { type Check, checker, restoring } from '@cnnviz/internal';

/** Which pixels of the input each position of a layer's map looks at, down (first number) and across (second). */
export interface ReceptiveField {
  /** How many pixels a position sees. */
  size: readonly [height: number, width: number];
  /** How many pixels the next position looks further. */
  stride: readonly [height: number, width: number];
  /** The first pixel that position 0 sees: negative where the layer pads. */
  offset: readonly [height: number, width: number];
  /** Of the images that the network takes, where known. */
  inputSize: readonly [height: number, width: number] | null;
}

/** A convolution, a pooling or a padding, as far as geometry goes. One number is for both directions. */
export interface SlidingWindow {
  size: number | readonly [height: number, width: number];
  /** Default: 1. */
  stride?: number | readonly [height: number, width: number];
  /** Rows above and columns to the left that are added before; negative ones are cropped. Default: 0. */
  padding?: number | readonly [height: number, width: number];
  /** Distance of neighbouring weights. Default: 1. */
  dilation?: number | readonly [height: number, width: number];
}

/** What is read of a `LayersModel`. */
export interface LayersTopology {
  readonly layers: readonly LayerTopology[];
}

/** What is read of a layer of a `LayersModel`. */
export interface LayerTopology {
  readonly name: string;
  getClassName(): string;
  getConfig(): object;
  readonly inboundNodes: readonly { readonly inboundLayers: readonly LayerTopology[] }[];
}

/** What is read of the `modelTopology` of a `GraphModel`'s model.json: a GraphDef. */
export interface GraphTopology {
  readonly node: readonly GraphNode[];
}

export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, unknown>>;
}

export interface ReceptiveFieldOptions {
  /**
   * `[height, width]` of the images that the network takes. Default: what the model says, if it does. Needed where a
   * window pads to keep the size and strides: how much it adds above depends on the size.
   */
  inputSize?: readonly [height: number, width: number];
  /**
   * Rows and columns that a Pad of a graph adds before the map, by the name of the node: a graph keeps them with its
   * weights, not in its topology.
   */
  paddings?: Readonly<Record<string, number | readonly [height: number, width: number]>>;
}

const check: Check = checker('@cnnviz/dissect', 'receptiveField');

/**
 * The receptive field of a layer: size, stride and offset composed over the convolutions, poolings and paddings before it.
 *
 * A window (s', t', o') on a map that has size s, stride t and offset o sees (s' - 1) t + s pixels, with stride t' t, from
 * o' t + o on. Where branches meet, the largest size counts, and the first of equal ones. What looks at the whole map,
 * such as a squeeze-and-excitation branch, is left out where another branch keeps the map.
 *
 * The source is a `LayersModel`; the `modelTopology` of a `GraphModel` (in its model.json, or in what
 * `tf.io.http(url).load()` gives), both with the name of a layer or of a graph's node; or the windows by hand, from the
 * image on.
 *
 * @returns Plain data.
 * @throws RangeError if there is no such layer, or an option or a window is outside its range.
 * @throws TypeError if an argument is of another kind.
 * @throws Error if the layer has no map, or a size that its padding depends on is unknown; says which layer and why. Or if
 *   the graph is damaged.
 * @see Bau, Zhou, Khosla, Oliva, Torralba, "Network Dissection", CVPR 2017: masks are anchored at the field's centres.
 *
 * @example
 * import { receptiveField } from '@cnnviz/dissect';
 *
 * receptiveField(layersModel, 'conv1'); // { size: [5, 5], stride: [1, 1], offset: [0, 0], inputSize: [28, 28] }
 * const byHand = receptiveField([{ size: 11, stride: 4 }, { size: 3, stride: 2 }, { size: 5, padding: 2 }]);
 * byHand.size; // [51, 51]
 */
export function receptiveField(
  windows: readonly SlidingWindow[],
  options?: Pick<ReceptiveFieldOptions, 'inputSize'>,
): ReceptiveField;
export function receptiveField(
  source: LayersTopology | GraphTopology,
  layer: string,
  options?: ReceptiveFieldOptions,
): ReceptiveField;
export function receptiveField(
  source: readonly SlidingWindow[] | LayersTopology | GraphTopology,
  second: string | ReceptiveFieldOptions = {},
  third: ReceptiveFieldOptions = {},
): ReceptiveField {
  const options = typeof second === 'string' ? third : second;
  if (options.inputSize !== undefined) check.shape('inputSize', options.inputSize, 2);
  const inputSize = options.inputSize ?? null;
  if (Array.isArray(source)) {
    return fieldOf(source.reduce(slide, imageMap(inputSize)), inputSize);
  }
  if (typeof second !== 'string') check.fail('type', 'layer', 'the name of a layer', second);
  if (isObject(source) && 'layers' in source && Array.isArray(source.layers)) {
    return ofLayers(source as LayersTopology, second, inputSize);
  }
  if (isObject(source) && 'node' in source && Array.isArray(source.node)) {
    return restoring(check, 'the graph', () => ofGraph(source as GraphTopology, second, options));
  }
  return check.fail('type', 'source', 'a LayersModel, the modelTopology of a GraphModel or a list of windows', source);
}

type Pair = readonly [number, number];

/** A map on the way from the image to a layer, with its size where known. */
interface PlacedMap {
  size: Pair;
  stride: Pair;
  offset: Pair;
  shape: Pair | null;
}

/** A map, or why there is none. */
type Traced = PlacedMap | { lostBy: string };

const imageMap = (shape: Pair | null): PlacedMap => ({ size: [1, 1], stride: [1, 1], offset: [0, 0], shape });

const fieldOf = ({ size, stride, offset }: PlacedMap, inputSize: Pair | null): ReceptiveField => ({
  size,
  stride,
  offset,
  inputSize,
});

const bothAxes = (compute: (axis: 0 | 1) => number): Pair => [compute(0), compute(1)];

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

function slide(map: PlacedMap, window: SlidingWindow): PlacedMap {
  if (!isObject(window)) check.fail('type', 'source', 'a list of windows', window);
  const size = pairOf('size', window.size, { min: 1 });
  const stride = pairOf('stride', window.stride ?? 1, { min: 1 });
  const padding = pairOf('padding', window.padding ?? 0, {});
  const dilation = pairOf('dilation', window.dilation ?? 1, { min: 1 });
  return {
    size: bothAxes((axis) => (size[axis] - 1) * dilation[axis] * map.stride[axis] + map.size[axis]),
    stride: bothAxes((axis) => stride[axis] * map.stride[axis]),
    offset: bothAxes((axis) => map.offset[axis] - padding[axis] * map.stride[axis]),
    shape: null,
  };
}

function pairOf(name: string, value: unknown, range: { min?: number }): Pair {
  if (!Array.isArray(value)) {
    const both = check.number(name, value, { integer: true, ...range });
    return [both, both];
  }
  if (value.length !== 2) check.fail('range', name, 'one number or two, down and across', value);
  return [
    check.number(name, value[0], { integer: true, ...range }),
    check.number(name, value[1], { integer: true, ...range }),
  ];
}

type Padding = 'same' | 'valid' | { before: Pair; after: Pair };

/** Slides a window over a map and keeps its size; `same` adds what the size asks for, one more below than above. */
function slideWithin(
  map: PlacedMap,
  window: { size: Pair; stride: Pair; dilation?: Pair; padding: Padding },
  where: string,
): PlacedMap {
  const { size, stride, dilation = [1, 1], padding } = window;
  const { shape } = map;
  const extent = bothAxes((axis) => (size[axis] - 1) * dilation[axis] + 1);
  if (padding === 'same') {
    if (shape === null && (stride[0] > 1 || stride[1] > 1)) {
      check.failBecause('state', `${where} pads by the size of its input, which is unknown: give inputSize`);
    }
    const outputs = shape === null ? null : bothAxes((axis) => Math.ceil(shape[axis] / stride[axis]));
    const total = bothAxes((axis) =>
      outputs === null || shape === null
        ? extent[axis] - 1
        : Math.max(0, (outputs[axis] - 1) * stride[axis] + extent[axis] - shape[axis]),
    );
    const before = bothAxes((axis) => Math.floor(total[axis] / 2));
    return { ...slide(map, { size, stride, dilation, padding: before }), shape: outputs };
  }
  const { before, after } = padding === 'valid' ? { before: [0, 0] as Pair, after: [0, 0] as Pair } : padding;
  const outputs =
    shape === null
      ? null
      : bothAxes((axis) => Math.floor((shape[axis] + before[axis] + after[axis] - extent[axis]) / stride[axis]) + 1);
  return { ...slide(map, { size, stride, dilation, padding: before }), shape: outputs };
}

/** Where branches meet: the largest field of each direction; the branches without a map do not count. */
function meet(branches: readonly Traced[], where: string): Traced {
  const maps = branches.filter((branch) => !('lostBy' in branch)) as PlacedMap[];
  const [first] = maps;
  if (first === undefined) return branches[0] ?? { lostBy: `${where} has no input` };
  const largest = (axis: 0 | 1) => maps.reduce((best, map) => (map.size[axis] > best.size[axis] ? map : best), first);
  const [down, across] = [largest(0), largest(1)];
  for (const { stride } of maps) {
    if (stride[0] !== first.stride[0] || stride[1] !== first.stride[1]) {
      check.failBecause('state', `${where} joins maps of different strides, ${first.stride} and ${stride}`);
    }
  }
  return {
    size: [down.size[0], across.size[1]],
    stride: first.stride,
    offset: [down.offset[0], across.offset[1]],
    shape: maps.find(({ shape }) => shape !== null)?.shape ?? null,
  };
}

function ofLayers(model: LayersTopology, name: string, givenSize: Pair | null): ReceptiveField {
  const wanted = model.layers.find((layer) => layer.name === name);
  if (wanted === undefined) {
    return check.fail('range', 'layer', `one of ${nearby(model.layers.map((layer) => layer.name))}`, name);
  }
  const input = givenSize ?? inputSizeOf(model);
  const traced = layerTracer(imageMap(input))(wanted);
  if ('lostBy' in traced) check.failBecause('state', `${name} has no receptive field: ${traced.lostBy}`);
  return fieldOf(traced, input);
}

const nearby = (names: readonly string[]): string =>
  names.length <= 12 ? names.join(', ') : `${names.slice(0, 12).join(', ')}, … (${names.length})`;

function inputSizeOf({ layers }: LayersTopology): Pair | null {
  for (const layer of layers) {
    const config = configOf(layer);
    const shape = config.batchInputShape;
    if (!Array.isArray(shape) || shape.length !== 4) continue;
    const [height, width] = shape.slice(1, 3) as unknown[];
    return typeof height === 'number' && typeof width === 'number' ? [height, width] : null;
  }
  return null;
}

const configOf = (layer: LayerTopology) => layer.getConfig() as Readonly<Record<string, unknown>>;

function layerTracer(image: PlacedMap): (layer: LayerTopology) => Traced {
  const traced = new Map<LayerTopology, Traced>();
  const trace = (layer: LayerTopology): Traced => {
    const known = traced.get(layer);
    if (known !== undefined) return known;
    // A model that is used as a layer has a node of its own first, without inputs.
    const inputs = layer.inboundNodes.find(({ inboundLayers }) => inboundLayers.length > 0)?.inboundLayers ?? [];
    const result =
      inputs.length === 0 ? throughLayer(layer, image) : throughLayer(layer, meet(inputs.map(trace), layer.name));
    traced.set(layer, result);
    return result;
  };
  return trace;
}

const layersThatKeepPositions = new Set([
  'Activation',
  'ActivityRegularization',
  'Add',
  'AlphaDropout',
  'Average',
  'BatchNormalization',
  'Concatenate',
  'Dropout',
  'ELU',
  'GaussianDropout',
  'GaussianNoise',
  'InputLayer',
  'LayerNormalization',
  'LeakyReLU',
  'Maximum',
  'Minimum',
  'Multiply',
  'PReLU',
  'ReLU',
  'Rescaling',
  'Softmax',
  'SpatialDropout2D',
  'ThresholdedReLU',
]);

function throughLayer(layer: LayerTopology, map: Traced): Traced {
  if ('lostBy' in map) return map;
  const kind = layer.getClassName();
  const where = `${layer.name} (${kind})`;
  if (layersThatKeepPositions.has(kind)) return map;
  const config = configOf(layer);
  const padding = config.padding === 'same' ? 'same' : 'valid';
  switch (kind) {
    case 'Conv2D':
    case 'DepthwiseConv2D':
    case 'SeparableConv2D':
      return slideWithin(
        map,
        {
          size: configPair(config.kernelSize, where),
          stride: configPair(config.strides, where),
          dilation: configPair(config.dilationRate ?? 1, where),
          padding,
        },
        where,
      );
    case 'MaxPooling2D':
    case 'AveragePooling2D': {
      const size = configPair(config.poolSize, where);
      return slideWithin(map, { size, stride: configPair(config.strides ?? config.poolSize, where), padding }, where);
    }
    case 'ZeroPadding2D':
      return padded(map, margins(config.padding, where));
    case 'Cropping2D': {
      const { before, after } = margins(config.cropping, where);
      return padded(map, { before: bothAxes((axis) => -before[axis]), after: bothAxes((axis) => -after[axis]) });
    }
  }
  // A nested model: its layers see what comes in.
  if ('layers' in layer && Array.isArray(layer.layers)) {
    const nested = layer as unknown as LayersTopology & { outputLayers?: readonly LayerTopology[] };
    const last = nested.outputLayers?.[0] ?? nested.layers.at(-1);
    return last === undefined ? map : layerTracer(map)(last);
  }
  return { lostBy: `what ${where} does to positions is not known` };
}

const padded = (map: PlacedMap, margin: { before: Pair; after: Pair }): PlacedMap =>
  slideWithin(map, { size: [1, 1], stride: [1, 1], padding: margin }, '');

function configPair(value: unknown, where: string): Pair {
  return pairOf(`the configuration of ${where}`, value, { min: 1 });
}

/** `n`, `[down, across]` or `[[top, bottom], [left, right]]`. */
function margins(value: unknown, where: string): { before: Pair; after: Pair } {
  const [down, across] = Array.isArray(value) ? value : [value, value];
  const [top, bottom] = pairOf(`the configuration of ${where}`, down, {});
  const [left, right] = pairOf(`the configuration of ${where}`, across, {});
  return { before: [top, left], after: [bottom, right] };
}

function ofGraph({ node }: GraphTopology, name: string, options: ReceptiveFieldOptions): ReceptiveField {
  const nodes = new Map(node.map((each) => [each.name, each]));
  if (!nodes.has(name)) check.fail('range', 'layer', `one of ${nearby([...nodes.keys()])}`, name);
  const input = options.inputSize ?? placeholderSize(node);
  const traced = new Map<string, Traced>();
  const entered = new Set<string>();
  const trace = (reference: string): Traced => {
    const { id, output } = parseReference(reference);
    const known = traced.get(id);
    if (known !== undefined) return known;
    const each = nodes.get(id);
    if (each === undefined) return check.failBecause('state', `the graph has no node ${id}, which ${output} is of`);
    if (entered.has(id)) check.failBecause('state', `the graph leads from ${id} back to it`);
    entered.add(id);
    const result = throughNode(each, nodes, trace, imageMap(input), options);
    traced.set(id, result);
    return result;
  };
  const map = trace(name);
  if ('lostBy' in map) check.failBecause('state', `${name} has no receptive field: ${map.lostBy}`);
  return fieldOf(map, input);
}

/** `name`, `name:output`; `^name` only orders execution. */
function parseReference(reference: string): { id: string; output: string } {
  return { id: reference.replace(/:\d+$/, ''), output: reference };
}

function placeholderSize(nodes: readonly GraphNode[]): Pair | null {
  const image = nodes.find(({ op }) => op === 'Placeholder');
  const dims = dimensionsOf(image?.attr?.shape);
  const [height, width] = dims.slice(1, 3);
  return dims.length === 4 && height! > 0 && width! > 0 ? [height!, width!] : null;
}

/** Operations whose result holds no map in the place of their input's, by what they do. */
const operationsThatEndMaps = new Set([
  'ArgMax',
  'BatchMatMul',
  'BatchMatMulV2',
  'BatchToSpaceND',
  'Const',
  'Conv2DBackpropInput',
  'CropAndResize',
  'DepthToSpace',
  'Einsum',
  'ExpandDims',
  'Fill',
  'Gather',
  'GatherV2',
  'MatMul',
  '_FusedMatMul',
  'Max',
  'Mean',
  'Min',
  'Pack',
  'Prod',
  'Reshape',
  'ResizeBilinear',
  'ResizeNearestNeighbor',
  'Shape',
  'Slice',
  'SpaceToBatchND',
  'SpaceToDepth',
  'Squeeze',
  'StridedSlice',
  'Sum',
  'Transpose',
  'Unpack',
]);

function throughNode(
  node: GraphNode,
  nodes: ReadonlyMap<string, GraphNode>,
  trace: (reference: string) => Traced,
  image: PlacedMap,
  options: ReceptiveFieldOptions,
): Traced {
  const { op, name, attr = {} } = node;
  const where = `${name} (${op})`;
  const inputs = (node.input ?? []).filter((reference) => !reference.startsWith('^'));
  if (op === 'Placeholder') return image;
  if (operationsThatEndMaps.has(op)) return { lostBy: `${where} does not keep positions` };
  const first = () => (inputs[0] === undefined ? { lostBy: `${where} has no input` } : trace(inputs[0]));
  const spatial = <T>(list: readonly T[]): [T, T] => {
    const from = textOf(attr.data_format) === 'NCHW' ? 2 : 1;
    return [list[from]!, list[from + 1]!];
  };
  const pair = (name: string, missing: readonly number[]): Pair => {
    const list = listOf(attr[name]);
    return spatial(list.length === 4 ? list : missing);
  };
  switch (op) {
    case 'Conv2D':
    case '_FusedConv2D':
    case 'FusedConv2D':
    case 'DepthwiseConv2dNative':
    case 'FusedDepthwiseConv2dNative': {
      const map = first();
      if ('lostBy' in map) return map;
      const [height, width] = kernelSize(inputs[1], nodes, where);
      return slideWithin(
        map,
        {
          size: [height, width],
          stride: pair('strides', [1, 1, 1, 1]),
          dilation: pair('dilations', [1, 1, 1, 1]),
          padding: graphPadding(attr, spatial),
        },
        where,
      );
    }
    case 'MaxPool':
    case 'AvgPool': {
      const map = first();
      if ('lostBy' in map) return map;
      const [size, stride] = [pair('ksize', [1, 1, 1, 1]), pair('strides', [1, 1, 1, 1])];
      return slideWithin(map, { size, stride, padding: graphPadding(attr, spatial) }, where);
    }
    case 'Pad':
    case 'PadV2':
    case 'MirrorPad': {
      const map = first();
      if ('lostBy' in map) return map;
      const given = options.paddings !== undefined && Object.hasOwn(options.paddings, name) && options.paddings[name];
      if (given === undefined || given === false) {
        return check.failBecause('state', `how much ${where} pads is in the weights: give it in paddings['${name}']`);
      }
      const before = pairOf(`paddings['${name}']`, given, { min: 0 });
      return { ...slide(map, { size: 1, padding: before }), shape: null };
    }
  }
  return meet(inputs.map(trace), where);
}

function kernelSize(reference: string | undefined, nodes: ReadonlyMap<string, GraphNode>, where: string): Pair {
  let node = reference === undefined ? undefined : nodes.get(parseReference(reference).id);
  for (let left = nodes.size; node?.op === 'Identity' && left > 0; left--) {
    node = nodes.get(parseReference(node.input?.[0] ?? '').id);
  }
  const tensor = node?.attr?.value;
  const shape = isObject(tensor) && 'tensor' in tensor && isObject(tensor.tensor) ? tensor.tensor : {};
  const dims = dimensionsOf({ shape: 'tensorShape' in shape ? shape.tensorShape : undefined });
  const [height, width] = dims;
  if (dims.length !== 4) check.failBecause('state', `the graph does not say how large the kernel of ${where} is`);
  return [height!, width!];
}

function graphPadding(attr: Readonly<Record<string, unknown>>, spatial: <T>(list: readonly T[]) => [T, T]): Padding {
  const padding = textOf(attr.padding);
  if (padding === 'SAME') return 'same';
  const explicit = listOf(attr.explicit_paddings);
  if (padding !== 'EXPLICIT' || explicit.length !== 8) return 'valid';
  const before = spatial([0, 2, 4, 6].map((index) => explicit[index]!));
  const after = spatial([1, 3, 5, 7].map((index) => explicit[index]!));
  return { before, after };
}

function dimensionsOf(attribute: unknown): number[] {
  if (!isObject(attribute) || !('shape' in attribute) || !isObject(attribute.shape)) return [];
  const { shape } = attribute;
  return 'dim' in shape && Array.isArray(shape.dim)
    ? shape.dim.map((dim) => Number(isObject(dim) && 'size' in dim ? dim.size : Number.NaN))
    : [];
}

function listOf(attribute: unknown): number[] {
  const list = isObject(attribute) && 'list' in attribute && isObject(attribute.list) ? attribute.list : {};
  return 'i' in list && Array.isArray(list.i) ? list.i.map(Number) : [];
}

/** JSON keeps the strings of a graph in base64. */
function textOf(attribute: unknown): string {
  const text = isObject(attribute) && 's' in attribute ? attribute.s : '';
  return typeof text === 'string' ? atob(text) : '';
}
