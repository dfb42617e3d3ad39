import {
  backend_util,
  batchToSpaceND,
  Conv2D,
  Conv2DBackpropFilter,
  conv2dTranspose,
  DepthwiseConv2dNative,
  DepthwiseConv2dNativeBackpropFilter,
  DepthwiseConv2dNativeBackpropInput,
  engine,
  FusedConv2D,
  FusedDepthwiseConv2D,
  type NamedAttrMap,
  spaceToBatchND,
  type Tensor,
  type Tensor4D,
  transpose,
} from '@tensorflow/tfjs-core';
import type { MendedGradient } from './missing-gradient.ts';

type Pair = [number, number];
type Shape4D = [number, number, number, number];
type Pad = Parameters<typeof backend_util.computeConv2DInfo>[4];

export interface ConvolutionAttrs {
  strides: number | Pair;
  pad: Pad;
  dataFormat?: 'NHWC' | 'NCHW';
  dilations?: number | Pair;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

interface Gradients {
  x(): Tensor;
  filter(): Tensor;
}

/** Gradients of an ordinary convolution, stride 1 and no padding. */
interface OrdinaryGradients {
  x(dy: Tensor4D, filter: Tensor4D, inputShape: Shape4D): Tensor4D;
  filter(x: Tensor4D, dy: Tensor4D, filterShape: Shape4D): Tensor;
}

const runKernel = (name: string, inputs: Record<string, Tensor>, attrs: object) =>
  engine().runKernel(name, inputs, attrs as NamedAttrMap) as Tensor4D;

const ordinary = { strides: [1, 1], pad: 'valid', dataFormat: 'NHWC', dilations: [1, 1] };

const full: OrdinaryGradients = {
  x: (dy, filter, inputShape) => conv2dTranspose(dy, filter, inputShape, 1, 'valid'),
  filter: (x, dy, filterShape) => runKernel(Conv2DBackpropFilter, { x, dy }, { ...ordinary, filterShape }),
};

const depthwise: OrdinaryGradients = {
  x: (dy, filter, inputShape) =>
    runKernel(DepthwiseConv2dNativeBackpropInput, { dy, filter }, { ...ordinary, inputShape }),
  filter: (x, dy, filterShape) =>
    runKernel(DepthwiseConv2dNativeBackpropFilter, { x, dy }, { ...ordinary, filterShape }),
};

/** What tfjs refuses to differentiate where it is dilated, by the kernel that runs it. */
const dilatedKernels: ReadonlyMap<string, OrdinaryGradients> = new Map([
  [Conv2D, full],
  [FusedConv2D, full],
  [DepthwiseConv2dNative, depthwise],
  [FusedDepthwiseConv2D, depthwise],
]);

export const dilatedConvolutionGradients: MendedGradient[] = [Conv2D, DepthwiseConv2dNative].map((kernelName) => ({
  kernelName,
  mend: (original) => (dy, saved, attrs) => {
    const convolution = attrs as unknown as ConvolutionAttrs;
    if (!isDilated(convolution)) return original(dy, saved, attrs);
    const [x, filter] = saved as [Tensor4D, Tensor4D];
    return { ...dilatedGradients(kernelName, dy as Tensor, x, filter, convolution) };
  },
}));

export const isDilated = ({ dilations = 1 }: ConvolutionAttrs) => [dilations].flat().some((step) => step > 1);

/**
 * A dilated convolution is an ordinary one on each of the images that have every `dilations`th row and column. Their
 * strides are 1, or tfjs would not run it.
 */
export function dilatedGradients(
  kernelName: string,
  dy: Tensor,
  x: Tensor4D,
  filter: Tensor4D,
  attrs: ConvolutionAttrs,
): Gradients {
  const gradients = dilatedKernels.get(kernelName)!;
  if (attrs.dataFormat === 'NCHW') {
    const [outside, inside] = [dy, x].map((planes) => transpose(planes, [0, 2, 3, 1])) as [Tensor4D, Tensor4D];
    const ofRows = dilatedGradients(kernelName, outside, inside, filter, { ...attrs, dataFormat: 'NHWC' });
    return { ...ofRows, x: () => transpose(ofRows.x(), [0, 3, 1, 2]) };
  }
  const isDepthwise = gradients === depthwise;
  const { block, padding, rest } = partition(x.shape, dy.shape as Shape4D, filter.shape, attrs, isDepthwise);
  const parts = () => spaceToBatchND(dy, block, rest) as Tensor4D;
  return {
    x: () => {
      const partShape = partShapeOf(x.shape, block, padding);
      return batchToSpaceND(gradients.x(parts(), filter, partShape), block, padding);
    },
    filter: () => gradients.filter(spaceToBatchND(x, block, padding), parts(), filter.shape),
  };
}

/**
 * How x and y are padded to be taken apart. Where padding ends is told by the size of y: tfjs takes windows for square
 * where padding is a number.
 */
function partition(x: Shape4D, y: Shape4D, filter: Shape4D, attrs: ConvolutionAttrs, isDepthwise: boolean) {
  const { strides, dilations = 1, pad, dimRoundingMode } = attrs;
  const info = backend_util.computeConv2DInfo(x, filter, strides, dilations, pad, dimRoundingMode, isDepthwise);
  const along = (axis: 1 | 2, before: number, step: number) => {
    const reach = step * (filter[axis - 1]! - 1);
    const length = step * Math.ceil(Math.max(before + x[axis], y[axis] + reach) / step);
    return { step, ofX: [before, length - before - x[axis]], ofY: [0, length - reach - y[axis]] };
  };
  const axes = [along(1, info.padInfo.top, info.dilationHeight), along(2, info.padInfo.left, info.dilationWidth)];
  return {
    block: axes.map(({ step }) => step),
    padding: axes.map(({ ofX }) => ofX),
    rest: axes.map(({ ofY }) => ofY),
  };
}

function partShapeOf([n, height, width, channels]: Shape4D, block: number[], padding: number[][]): Shape4D {
  const [high, wide] = block as Pair;
  const [[top, bottom], [left, right]] = padding as [Pair, Pair];
  return [n * high * wide, (height + top + bottom) / high, (width + left + right) / wide, channels];
}
