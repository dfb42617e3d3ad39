import { type Grid, interleaved, isLost, type Lost, lost, mixed, type Pair, resize, slide, spread, unplaced, type Window, woven } from './algebra.ts';
import { fold, outputAt } from './fold-constants.ts';
import { type Attributes, dataInputs, flagOf, idOf, listOf, numberOf, outputOf, tensorShapeOf, textOf } from './graph-attributes.ts';
import { givenWindow, pairOf, throughGivenWindow, unknownKind } from './of-windows.ts';
import type { GraphNode, Margins, ReceptiveFieldOptions } from './options.ts';
import {
  alongDirections,
  axesOf,
  axisAt,
  type Constant,
  cut,
  insertAxis,
  isConstant,
  isMap,
  isPooled,
  isSingle,
  join,
  type Layout,
  lengthOf,
  type PlacedMap,
  pooledMap,
  reduce,
  replaceAxis,
  reshape,
  seeAllAlong,
  type Traced,
  transpose,
  unknownConstant,
} from './placed-map.ts';

/** What the receptive field of a node depends on besides its inputs. */
export interface GraphContext {
  nodes: ReadonlyMap<string, GraphNode>;
  options: ReceptiveFieldOptions;
}

/** A node with the parts of it that operations ask for. */
interface Step extends GraphContext {
  name: string;
  op: string;
  /** How errors call it. */
  where: string;
  attr: Attributes;
  /** The nodes that it takes. */
  references: readonly string[];
  inputs: readonly Traced[];
}

/** What a node makes of its inputs. */
export function throughNode(node: GraphNode, given: readonly Traced[], context: GraphContext): Traced {
  const { name, op, attr = {} } = node;
  const taken = dataInputs(node);
  const inputs = given.map((each, index) => (isConstant(each) ? outputAt(each, outputOf(taken[index]!)) : each));
  const references = taken.map(idOf);
  const step: Step = { ...context, name, op, where: `${name} (${op})`, attr, references, inputs };
  const window = givenWindow(context.options, name, op);
  if (window !== undefined) return throughGivenWindow(join(inputs, step.where), window, name);
  if (op === 'Shape') return shapeConstant(inputs[0]);
  if (inputs.every(isConstant)) return fold(op, inputs, { mask: (mask) => numberOf(attr[mask]) });
  const read = Object.hasOwn(operations, op) ? operations[op] : undefined;
  if (read !== undefined) return read(step);
  if (elementwise.has(op)) return join(inputs, step.where);
  if (mixing.has(op)) return unplaced(step.where);
  return inputs.find(isLost) ?? unknownKind(name, op);
}

/** Whether an operation says in which order the axes of its map are. */
export const isLaidOut = (op: string): boolean => laidOut.has(op);

const laidOut = new Set([
  'AvgPool',
  'Conv2D',
  'Conv2DBackpropInput',
  'DepthToSpace',
  'DepthwiseConv2dNative',
  'FusedConv2D',
  'FusedDepthwiseConv2dNative',
  'MaxPool',
  'ResizeBilinear',
  'ResizeNearestNeighbor',
  '_FusedConv2D',
]);

const operations: Readonly<Record<string, (step: Step) => Traced>> = {
  Conv2D: convolution,
  _FusedConv2D: convolution,
  FusedConv2D: convolution,
  DepthwiseConv2dNative: convolution,
  FusedDepthwiseConv2dNative: convolution,
  Conv2DBackpropInput: transposedConvolution,
  MaxPool: pooling,
  AvgPool: pooling,
  Pad: padding,
  PadV2: padding,
  MirrorPad: padding,
  ResizeBilinear: resizing,
  ResizeNearestNeighbor: resizing,
  DepthToSpace: shuffling,
  SpaceToBatchND: interleaving,
  BatchToSpaceND: interleaving,
  ArgMax: reduction,
  ArgMin: reduction,
  All: reduction,
  Any: reduction,
  EuclideanNorm: reduction,
  Max: reduction,
  Mean: reduction,
  Min: reduction,
  Prod: reduction,
  Sum: reduction,
  Softmax: (step) => onMap(step, 0, (map) => seeAllAlong(map, map.axes.length - 1)),
  LogSoftmax: (step) => onMap(step, 0, (map) => seeAllAlong(map, map.axes.length - 1)),
  BroadcastTo: broadcast,
  ConcatV2: concatenation,
  ExpandDims: (step) =>
    onMap(step, 0, (map) => withValues(step, 1, 'axis', ([axis]) => insertAxis(map, axis!))),
  GatherV2: gathering,
  MatMul: product,
  _FusedMatMul: product,
  BatchMatMul: product,
  BatchMatMulV2: product,
  Pack: packing,
  Reshape: reshaping,
  ReverseV2: reversal,
  Slice: slicing,
  Split: splitting,
  SplitV: splitting,
  Squeeze: squeezing,
  StridedSlice: stridedSlicing,
  Switch: ({ inputs }) => inputs[0] ?? unknownConstant,
  Tile: tiling,
  Transpose: (step) => onMap(step, 0, (map) => withValues(step, 1, 'order of axes', (order) => transpose(map, order))),
  Unpack: unpacking,
  OnesLike: () => unknownConstant,
  Rank: () => unknownConstant,
  Size: () => unknownConstant,
  ZerosLike: () => unknownConstant,
};

/** Operations that compute each value from the values at its position. */
const elementwise = new Set(
  `Abs Acos Acosh Add AddN AddV2 Asin Asinh Atan Atan2 Atanh BiasAdd Cast Ceil CheckNumerics ClipByValue Complex ComplexAbs
  Cos Cosh Div DivNoNan Elu Equal Erf Exp Expm1 FakeQuantWithMinMaxVars Floor FloorDiv FloorMod FusedBatchNorm
  FusedBatchNormV2 FusedBatchNormV3 Greater GreaterEqual Identity IdentityN Imag IsFinite IsInf IsNan LRN LeakyRelu Less
  LessEqual Log Log1p LogicalAnd LogicalNot LogicalOr Maximum Merge Minimum Mod Mul Neg NotEqual PlaceholderWithDefault Pow
  Prelu Print Real RealDiv Reciprocal Relu Relu6 Round Rsqrt Select SelectV2 Selu Sigmoid Sign Sin Sinh Snapshot Softplus
  Sqrt Square SquaredDifference StopGradient Sub Tan Tanh`.split(/\s+/),
);

/** Operations whose result holds no map in the place of their input's. */
const mixing = new Set(
  `CropAndResize Cumprod Cumsum Einsum GatherNd ImageProjectiveTransformV3 NonMaxSuppressionV2 NonMaxSuppressionV3
  NonMaxSuppressionV4 NonMaxSuppressionV5 OneHot Range ScatterNd SparseToDense TensorScatterUpdate TopKV2 Unique Where`.split(
    /\s+/,
  ),
);

/** What an operation does to an input that depends on the image. One position stays one, whatever is unknown. */
function onMap({ inputs, where }: Step, index: number, operate: (map: PlacedMap) => Traced): Traced {
  const traced = inputs[index];
  if (traced === undefined) return lost(`${where} lacks an input`);
  if (isConstant(traced)) return mixed(`${where} takes where to read from the image`);
  if (isLost(traced) || isPooled(traced)) return traced;
  const result = operate(traced);
  return isLost(result) && !result.misread && isSingle(traced) ? pooledMap : result;
}

/** What an operation does by the values of an input that does not depend on the image. */
function withValues(step: Step, index: number, meaning: string, operate: (values: number[]) => Traced): Traced {
  const found = step.inputs[index];
  if (found === undefined) return unplaced(step.where);
  const values = isConstant(found) ? found.values : null;
  if (values?.every((value) => value !== null)) return operate(values as number[]);
  if (isLost(found)) return found;
  if (!isConstant(found)) return mixed(`${step.where} takes its ${meaning} from the image`);
  return lost(`the ${meaning} of ${step.where} is in the weights: give it in constants['${step.references[index]}']`);
}

function shapeConstant(traced: Traced | undefined): Constant {
  if (traced === undefined || !isMap(traced) || isPooled(traced)) return unknownConstant;
  return { values: traced.axes.map((axis) => lengthOf(traced, axis)), count: traced.axes.length };
}

const layoutOf = (attr: Attributes): Layout => (textOf(attr.data_format) === 'NCHW' ? 'channelsFirst' : 'channelsLast');

/** The entries of a list of four that are for down and across. */
const spatial = (attr: Attributes, list: readonly number[]): Pair => {
  const [down, across] = axesOf(layoutOf(attr));
  return [list[down]!, list[across]!];
};

const pairAttribute = (attr: Attributes, name: string): Pair => {
  const list = listOf(attr[name]);
  return list.length === 4 ? spatial(attr, list) : [1, 1];
};

function paddingOf(attr: Attributes, axis: 0 | 1): Window['padding'] {
  const padding = textOf(attr.padding);
  if (padding === 'SAME') return 'same';
  const explicit = listOf(attr.explicit_paddings);
  if (padding !== 'EXPLICIT' || explicit.length !== 8) return [0, 0];
  const even = (from: 0 | 1) => spatial(attr, explicit.filter((_, index) => index % 2 === from))[axis];
  return [even(0), even(1)];
}

const passing = new Set(['Cast', 'Identity', 'Switch']);

/** `[height, width, inputs, outputs]`, also where the kernel is read through other nodes. */
function kernelOf({ nodes, references }: Step): number[] | null {
  let node = nodes.get(references[1] ?? '');
  for (let left = nodes.size; node !== undefined && passing.has(node.op) && left > 0; left--) {
    node = nodes.get(idOf(node.input?.[0] ?? ''));
  }
  const shape = tensorShapeOf(node?.attr?.value);
  return shape?.length === 4 ? shape : null;
}

const kernelUnknown = ({ where, name }: Step): Lost =>
  lost(`the graph does not say how large the kernel of ${where} is: say it in windows['${name}']`);

function convolution(step: Step): Traced {
  const { where, attr, op } = step;
  return onMap(step, 0, (map) => {
    const kernel = kernelOf(step);
    if (kernel === null) return kernelUnknown(step);
    const [height, width, inputs, outputs] = kernel;
    const strides = pairAttribute(attr, 'strides');
    const dilations = pairAttribute(attr, 'dilations');
    const each = (grid: Grid, axis: 0 | 1) => {
      const size = [height!, width!][axis]!;
      return slide(grid, { size, stride: strides[axis], dilation: dilations[axis], padding: paddingOf(attr, axis) }, where);
    };
    const channels = op.includes('Depthwise') ? inputs! * outputs! : outputs!;
    return alongDirections(map, layoutOf(attr), { where, channels, each });
  });
}

function transposedConvolution(step: Step): Traced {
  const { where, attr } = step;
  return onMap(step, 2, (map) =>
    withValues(step, 0, 'output shape', (shape) => {
      const kernel = kernelOf(step);
      if (kernel === null) return kernelUnknown(step);
      const strides = pairAttribute(attr, 'strides');
      const lengths = spatial(attr, shape);
      const each = (grid: Grid, axis: 0 | 1) =>
        spread(grid, { size: kernel[axis]!, stride: strides[axis], padding: paddingOf(attr, axis) }, lengths[axis], where);
      return alongDirections(map, layoutOf(attr), { where, channels: kernel[2]!, each });
    }),
  );
}

function pooling(step: Step): Traced {
  const { where, attr } = step;
  const [sizes, strides] = [pairAttribute(attr, 'ksize'), pairAttribute(attr, 'strides')];
  const each = (grid: Grid, axis: 0 | 1) =>
    slide(grid, { size: sizes[axis], stride: strides[axis], padding: paddingOf(attr, axis) }, where);
  return onMap(step, 0, (map) => alongDirections(map, layoutOf(attr), { where, each }));
}

/** Directions are padded, other axes become longer. */
function padding(step: Step): Traced {
  const { where, name, options } = step;
  return onMap(step, 0, (map) => {
    const amounts = step.inputs[1];
    const isKnown = amounts !== undefined && isConstant(amounts) && amounts.values !== null;
    if (isKnown) return withValues(step, 1, 'amounts', (values) => padAxes(step, map, values));
    const { paddings = {} } = options;
    if (Object.hasOwn(paddings, name)) return padDirections(step, map, paddings[name]!);
    const constants = `constants['${step.references[1]}']`;
    return lost(`how much ${where} pads is in the weights: give it in paddings['${name}'] or ${constants}`);
  });
}

function padDirections({ where, name, references }: Step, map: PlacedMap, given: Margins): Traced {
  const option = `paddings['${name}']`;
  const isFull = Array.isArray(given) && given.every((each) => Array.isArray(each));
  const remedy = `give ${option} as [[top, bottom], [left, right]], or constants['${references[1]}']`;
  const before = isFull ? null : pairOf(option, given, { min: 0 });
  const grids: (Grid | null)[] = [];
  for (const axis of [0, 1] as const) {
    const grid = map.grids[axis];
    const amounts = before === null ? pairOf(option, (given as readonly Pair[])[axis], { min: 0 }) : ([before[axis], null] as const);
    const result = grid && slide(grid, { size: 1, padding: amounts, remedy }, where);
    if (result !== null && isLost(result)) return result;
    grids.push(result);
  }
  return { ...map, grids: [grids[0]!, grids[1]!] };
}

function padAxes({ where }: Step, map: PlacedMap, values: readonly number[]): Traced {
  let result: Traced = map;
  for (const [index, axis] of map.axes.entries()) {
    const [before = 0, after = 0] = values.slice(2 * index, 2 * index + 2);
    if (before === 0 && after === 0) continue;
    const length = lengthOf(map, axis);
    const end = length === null ? null : length + after;
    result = isMap(result) ? stretched(result, index, { before, after, end, where }) : result;
  }
  return result;
}

function stretched(
  map: PlacedMap,
  at: number,
  { before, after, end, where }: { before: number; after: number; end: number | null; where: string },
): Traced {
  const axis = map.axes[at]!;
  if (axis.every((factor) => typeof factor !== 'string')) return replaceAxis(map, at, [end === null ? null : end + before]);
  if (axis.length > 1) return unplaced(where);
  const place = axis[0] === 'down' ? 0 : 1;
  const result = slide(map.grids[place]!, { size: 1, padding: [before, after] }, where);
  if (isLost(result)) return result;
  return { ...map, grids: place === 0 ? [result, map.grids[1]] : [map.grids[0], result] };
}

function resizing(step: Step): Traced {
  const { where, attr, op } = step;
  const rule = {
    nearest: op === 'ResizeNearestNeighbor',
    alignCorners: flagOf(attr.align_corners),
    halfPixelCenters: flagOf(attr.half_pixel_centers),
  };
  return onMap(step, 0, (map) =>
    withValues(step, 1, 'size', (lengths) =>
      alongDirections(map, 'channelsLast', { where, each: (grid, axis) => resize(grid, lengths[axis]!, rule, where) }),
    ),
  );
}

/** Channels to positions: those of a block are read from one position. */
function shuffling(step: Step): Traced {
  const { where, attr } = step;
  const block = numberOf(attr.block_size, 1);
  const layout = layoutOf(attr);
  const each = (grid: Grid) => {
    const length = grid.length === null ? null : grid.length * block;
    return spread(grid, { size: block, stride: block, padding: [0, 0] }, length, where);
  };
  return onMap(step, 0, (map) => {
    const channels = lengthOf(map, map.axes[layout === 'channelsLast' ? 3 : 1] ?? [null]);
    return alongDirections(map, layout, { where, channels: channels && channels / block ** 2, each });
  });
}

/** Sets positions that lie `block` apart beside each other in maps of their own, for a dilated convolution, and back. */
function interleaving(step: Step): Traced {
  const { where, op } = step;
  const forth = (grid: Grid, block: number, before: number, after: number): Grid | Lost => {
    const padded = slide(grid, { size: 1, padding: [before, after] }, where);
    return isLost(padded) ? padded : interleaved(padded, block);
  };
  const back = (grid: Grid, block: number, before: number, after: number): Grid | Lost =>
    slide(woven(grid, block), { size: 1, padding: [-before, -after] }, where);
  return onMap(step, 0, (map) =>
    withValues(step, 1, 'block', (blocks) =>
      withValues(step, 2, 'amounts', (amounts) => {
        const change = op === 'SpaceToBatchND' ? forth : back;
        const each = (grid: Grid, axis: 0 | 1) =>
          change(grid, blocks[axis] ?? 1, amounts[2 * axis] ?? 0, amounts[2 * axis + 1] ?? 0);
        return alongDirections(map, 'channelsLast', { where, each });
      }),
    ),
  );
}

/** Two axes of a map can only be its directions where the graph does not say which they are. */
function reduction(step: Step): Traced {
  const keep = flagOf(step.attr.keep_dims) || flagOf(step.attr.keepDims);
  return onMap(step, 0, (map) => {
    const axes = step.inputs[1];
    const isBoth = axes !== undefined && isConstant(axes) && axes.values === null && axes.count === 2;
    if (isBoth && map.axes.length === 4) return pooledMap;
    return withValues(step, 1, 'axes', (over) => reduce(map, over.map((axis) => axisAt(map, axis) ?? -1), keep));
  });
}

function broadcast(step: Step): Traced {
  return onMap(step, 0, (map) =>
    withValues(step, 1, 'shape', (shape) => {
      const missing = shape.length - map.axes.length;
      let result: Traced = map;
      for (let added = 0; added < missing; added++) result = isMap(result) ? insertAxis(result, 0) : result;
      return tiled(step, result, (axis, length) => (length === null ? 1 : shape[axis]! / length));
    }),
  );
}

function tiling(step: Step): Traced {
  return onMap(step, 0, (map) => withValues(step, 1, 'numbers', (times) => tiled(step, map, (axis) => times[axis] ?? 1)));
}

function tiled({ where }: Step, traced: Traced, timesOf: (axis: number, length: number | null) => number): Traced {
  if (!isMap(traced)) return traced;
  let result = traced;
  for (const [index, axis] of traced.axes.entries()) {
    const length = lengthOf(traced, axis);
    const times = timesOf(index, length);
    if (times === 1) continue;
    const isPlain = axis.every((factor) => typeof factor !== 'string');
    if (!isPlain && length !== 1) return unplaced(where);
    result = replaceAxis(result, index, [length === null ? null : length * times]);
  }
  return result;
}

/** Along channels where the graph does not say along which axis. */
function concatenation({ inputs, where }: Step): Traced {
  const [branches, last] = [inputs.slice(0, -1), inputs.at(-1)];
  const map = branches.find((branch): branch is PlacedMap => isMap(branch) && !isPooled(branch));
  if (map === undefined) return join(branches, where);
  const axis = last !== undefined && isConstant(last) ? last.values?.[0] : undefined;
  const plain = map.axes.findLastIndex((each, index) => index > 0 && each.every((factor) => typeof factor !== 'string'));
  return join(branches, where, axisAt(map, axis ?? plain) ?? undefined);
}

function gathering(step: Step): Traced {
  const { where, inputs } = step;
  const [, indices, axis] = inputs;
  return onMap(step, 0, (map) => {
    const at = axis !== undefined && isConstant(axis) ? axisAt(map, axis.values?.[0] ?? 0) : null;
    const isPlain = at !== null && map.axes[at]!.every((factor) => typeof factor !== 'string');
    const count = indices !== undefined && isConstant(indices) ? indices.count : null;
    if (!isPlain || count === null || count < 2) return unplaced(where);
    return replaceAxis(map, at, [count]);
  });
}

/** A product with weights keeps the positions along the axes that it does not sum over. */
function product(step: Step): Traced {
  const { inputs, attr, where, references, nodes } = step;
  const [left, right] = inputs;
  if (left === undefined || right === undefined) return lost(`${where} lacks an input`);
  const map = isMap(left) ? left : right;
  if (!isMap(map)) return join(inputs, where);
  if (isSingle(map)) return pooledMap;
  const rank = map.axes.length;
  const isLeft = map === left;
  const isTransposed = flagOf(isLeft ? attr.transpose_a : attr.transpose_b);
  if (rank < 2 || !isConstant(isLeft ? right : left)) return unplaced(where);
  const summed = isLeft === isTransposed ? rank - 2 : rank - 1;
  const weights = tensorShapeOf(nodes.get(references[isLeft ? 1 : 0]!)?.attr?.value);
  const outputs = weights?.at(isLeft === flagOf(isLeft ? attr.transpose_b : attr.transpose_a) ? -2 : -1) ?? null;
  const kept = map.axes.filter((_, axis) => axis !== summed);
  const order = isLeft ? [...kept, [outputs]] : [...kept.slice(0, -1), [outputs], ...kept.slice(-1)];
  return reduce({ grids: map.grids, axes: order }, [], false);
}

function packing({ inputs, attr, where }: Step): Traced {
  const joined = join(inputs, where);
  return isMap(joined) ? insertAxis(joined, numberOf(attr.axis), inputs.length) : joined;
}

function reshaping(step: Step): Traced {
  return onMap(step, 0, (map) => {
    const result = withValues(step, 1, 'shape', (target) => reshape(map, target, step.where));
    return isLost(result) ? mixed(result.lostBy) : result;
  });
}

function reversal(step: Step): Traced {
  return onMap(step, 0, (map) =>
    withValues(step, 1, 'axes', (axes) => {
      const along = axes.flatMap((axis) => map.axes[axisAt(map, axis) ?? -1] ?? []);
      if (along.every((factor) => typeof factor !== 'string')) return map;
      return unplaced(step.where);
    }),
  );
}

function slicing(step: Step): Traced {
  return onMap(step, 0, (map) =>
    withValues(step, 1, 'start', (begins) =>
      withValues(step, 2, 'size', (sizes) => {
        let result: Traced = map;
        for (const [axis, begin] of begins.entries()) {
          const size = sizes[axis] ?? -1;
          const end = size === -1 ? null : begin + size;
          result = isMap(result) && !isPooled(result) ? cut(result, axis, { begin, end, step: 1 }, step.where) : result;
        }
        return result;
      }),
    ),
  );
}

function splitting(step: Step): Traced {
  const { op, attr, inputs, where } = step;
  const [mapAt, axisIn] = op === 'Split' ? [1, 0] : [0, 2];
  return onMap(step, mapAt, (map) => {
    return withValues(step, axisIn, 'axis', ([axis]) => {
      const at = axisAt(map, axis);
      if (at === null || map.axes[at]!.some((factor) => typeof factor === 'string')) {
        return unplaced(where);
      }
      const length = lengthOf(map, map.axes[at]!);
      const sizes = op === 'SplitV' && isConstant(inputs[1]!) ? inputs[1].values : null;
      const isEven = op === 'Split' || (sizes !== null && sizes.every((size) => size === sizes[0]));
      const parts = op === 'Split' ? numberOf(attr.num_split, 1) : (sizes?.length ?? 1);
      return replaceAxis(map, at, [isEven && length !== null ? length / parts : null]);
    });
  });
}

function squeezing(step: Step): Traced {
  return onMap(step, 0, (map) => {
    const listed = [...listOf(step.attr.squeeze_dims), ...listOf(step.attr.axis)];
    const ones = map.axes.flatMap((axis, index) => (lengthOf(map, axis) === 1 ? [index] : []));
    return reduce(map, listed.length > 0 ? listed.map((axis) => axisAt(map, axis) ?? -1) : ones, false);
  });
}

function stridedSlicing(step: Step): Traced {
  const mask = (name: string, bit: number) => (numberOf(step.attr[`${name}_mask`]) >> bit) % 2 === 1;
  return onMap(step, 0, (map) =>
    withValues(step, 1, 'start', (begins) =>
      withValues(step, 2, 'end', (ends) =>
        withValues(step, 3, 'step', (steps) => {
          const added = begins.filter((_, index) => mask('new_axis', index) || mask('ellipsis', index)).length;
          let [result, axis]: [Traced, number] = [map, 0];
          for (const [index, start] of begins.entries()) {
            if (!isMap(result) || isPooled(result)) return result;
            if (mask('ellipsis', index)) {
              axis += map.axes.length - (begins.length - added);
            } else if (mask('new_axis', index)) {
              result = insertAxis(result, axis++);
            } else if (mask('shrink_axis', index)) {
              result = pick(step, result, axis);
            } else {
              const length = lengthOf(result, result.axes[axis] ?? []);
              const place = (value: number) => (value < 0 && length !== null ? value + length : value);
              const begin = mask('begin', index) ? 0 : place(start);
              const limit = mask('end', index) ? null : place(ends[index]!);
              const end = limit !== null && length !== null ? Math.min(limit, length) : limit;
              result = cut(result, axis++, { begin, end, step: steps[index]! }, step.where);
            }
          }
          return result;
        }),
      ),
    ),
  );
}

/** One index of an axis, which goes. */
function pick({ where }: Step, map: PlacedMap, at: number): Traced {
  const axis = map.axes[at] ?? [];
  const isPlain = axis.every((factor) => typeof factor !== 'string');
  return isPlain || lengthOf(map, axis) === 1 ? reduce(map, [at], false) : unplaced(where);
}

function unpacking(step: Step): Traced {
  return onMap(step, 0, (map) => {
    const at = axisAt(map, numberOf(step.attr.axis));
    return pick(step, map, at ?? -1);
  });
}
