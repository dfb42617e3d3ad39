import { isLost, unplaced } from './algebra.ts';
import { insertAxis, seeAllAlong, transpose } from './axis-operations.ts';
import { fold, outputAt } from './fold-constants.ts';
import { dataInputs, idOf, numberOf, outputOf } from './graph-attributes.ts';
import {
  concatenation,
  packing,
  product,
  reduction,
  reshaping,
  slicing,
  splitting,
  squeezing,
  stridedSlicing,
  unpacking,
} from './graph-axes.ts';
import { type GraphContext, isOnePosition, onMap, type Step, withValues } from './graph-step.ts';
import {
  convolution,
  interleaving,
  padding,
  pooling,
  resizing,
  shuffling,
  transposedConvolution,
} from './graph-windows.ts';
import { join } from './join.ts';
import { givenWindow, throughGivenWindow, unknownKind } from './of-windows.ts';
import type { FieldGraphNode } from './options.ts';
import {
  type Constant,
  isConstant,
  isMap,
  isPooled,
  lengthOf,
  pooledMap,
  type Traced,
  unknownConstant,
} from './placed-map.ts';

/** What a node makes of its inputs. */
export function throughNode(node: FieldGraphNode, given: readonly Traced[], context: GraphContext): Traced {
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
  if (mixing.has(op)) return isOnePosition(step) ? pooledMap : (inputs.find(isLost) ?? unplaced(step.where));
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
  ConcatV2: concatenation,
  ExpandDims: (step) => onMap(step, 0, (map) => withValues(step, 1, 'axis', ([axis]) => insertAxis(map, axis!))),
  MatMul: product,
  _FusedMatMul: product,
  BatchMatMul: product,
  BatchMatMulV2: product,
  Pack: packing,
  Reshape: reshaping,
  Slice: slicing,
  Split: splitting,
  SplitV: splitting,
  Squeeze: squeezing,
  StridedSlice: stridedSlicing,
  Switch: ({ inputs }) => inputs[0] ?? unknownConstant,
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
  `BroadcastTo CropAndResize Cumprod Cumsum Einsum Gather GatherNd GatherV2 ImageProjectiveTransformV3 NonMaxSuppressionV2 NonMaxSuppressionV3
  NonMaxSuppressionV4 NonMaxSuppressionV5 OneHot Range Reverse ReverseV2 ScatterNd SparseToDense
  TensorScatterUpdate Tile TopKV2 Unique Where`.split(/\s+/),
);

function shapeConstant(traced: Traced | undefined): Constant {
  if (traced === undefined || !isMap(traced) || isPooled(traced)) return unknownConstant;
  return { values: traced.axes.map((axis) => lengthOf(traced, axis)), count: traced.axes.length };
}
