import {
  backend_util,
  DepthwiseConv2dNativeBackpropFilter,
  type DepthwiseConv2dNativeBackpropFilterAttrs,
  DepthwiseConv2dNativeBackpropInput,
  type DepthwiseConv2dNativeBackpropInputAttrs,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import { defer } from '../deferred.ts';
import { runInParts } from '../parts.ts';
import { addressOf } from '../wasm-backend.ts';
import { wasmKernel } from './kernel.ts';

type Shape4D = [number, number, number, number];

export const depthwiseConv2dNativeBackpropFilter = wasmKernel<
  { x: TensorInfo; dy: TensorInfo },
  DepthwiseConv2dNativeBackpropFilterAttrs
>(DepthwiseConv2dNativeBackpropFilter, ({ inputs: { x, dy }, attrs, backend }) => {
  const { strides, dilations, pad, dimRoundingMode, filterShape } = attrs;
  const geometry = geometryOf(x.shape as Shape4D, filterShape, dy.shape, strides, dilations, pad, dimRoundingMode);
  return defer(backend, filterShape, [x, dy], (dw, [xAddress, dyAddress]) => {
    runInParts(backend, 'depthwiseBackpropFilter', [xAddress!, dyAddress!, dw, x.shape[0]!, ...geometry], {
      size: filterShape[2],
      cost: filterShape[0] * filterShape[1] * filterShape[3] * dy.shape[0]! * dy.shape[1]! * dy.shape[2]!,
      grain: 16,
    });
  });
});

export const depthwiseConv2dNativeBackpropInput = wasmKernel<
  { dy: TensorInfo; filter: TensorInfo },
  DepthwiseConv2dNativeBackpropInputAttrs
>(DepthwiseConv2dNativeBackpropInput, ({ inputs: { dy, filter }, attrs, backend }) => {
  const { strides, dilations, pad, dimRoundingMode, inputShape } = attrs;
  const geometry = geometryOf(inputShape, filter.shape as Shape4D, dy.shape, strides, dilations, pad, dimRoundingMode);
  const dyAddress = addressOf(backend, dy);
  const filterAddress = addressOf(backend, filter);
  const dx = backend.makeOutput(inputShape, 'float32');
  runInParts(backend, 'depthwiseBackpropInput', [dyAddress, filterAddress, addressOf(backend, dx), ...geometry], {
    size: inputShape[0],
    cost: util.sizeFromShape(dy.shape.slice(1)) * filter.shape[0]! * filter.shape[1]!,
  });
  return dx;
});

function geometryOf(
  xShape: Shape4D,
  filterShape: Shape4D,
  dyShape: readonly number[],
  strides: [number, number] | number,
  dilations: [number, number] | number | undefined,
  pad: DepthwiseConv2dNativeBackpropInputAttrs['pad'],
  dimRoundingMode: DepthwiseConv2dNativeBackpropInputAttrs['dimRoundingMode'],
): number[] {
  const info = backend_util.computeConv2DInfo(
    xShape,
    filterShape,
    strides,
    dilations ?? [1, 1],
    pad,
    dimRoundingMode,
    true,
  );
  return [
    xShape[1],
    xShape[2],
    xShape[3],
    filterShape[3],
    dyShape[1]!,
    dyShape[2]!,
    filterShape[0],
    filterShape[1],
    info.strideHeight,
    info.strideWidth,
    info.dilationHeight,
    info.dilationWidth,
    info.padInfo.top,
    info.padInfo.left,
  ];
}
