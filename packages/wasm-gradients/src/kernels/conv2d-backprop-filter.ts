import {
  backend_util,
  Conv2DBackpropFilter,
  type Conv2DBackpropFilterAttrs,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { defer } from '../deferred.ts';
import { runInParts } from '../parts.ts';
import { requireChannelsLast } from './channels-last.ts';
import { wasmKernel } from './kernel.ts';

export const conv2DBackpropFilter = wasmKernel<{ x: TensorInfo; dy: TensorInfo }, Conv2DBackpropFilterAttrs>(
  Conv2DBackpropFilter,
  ({ inputs: { x, dy }, attrs, backend }) => {
    const { strides, pad, dataFormat, dimRoundingMode, filterShape } = attrs;
    requireChannelsLast(Conv2DBackpropFilter, dataFormat);
    const shape = x.shape as [number, number, number, number];
    const { padInfo, strideHeight, strideWidth } = backend_util.computeConv2DInfo(
      shape,
      filterShape,
      strides,
      1,
      pad,
      dimRoundingMode,
    );
    const [batch, height, width, inChannels] = shape;
    const [, outHeight, outWidth, outChannels] = dy.shape as [number, number, number, number];
    const [filterHeight, filterWidth] = filterShape;
    return defer(backend, filterShape, [x, dy], (dw, [xAddress, dyAddress]) => {
      const values = [xAddress!, dyAddress!, dw, batch, height, width, inChannels, outHeight, outWidth, outChannels];
      values.push(filterHeight, filterWidth, strideHeight, strideWidth, 1, 1, padInfo.top, padInfo.left);
      const cost = batch * outHeight * outWidth * filterHeight * filterWidth * inChannels;
      runInParts(backend, 'conv2dBackpropFilter', values, { size: outChannels, cost, grain: 8 });
    });
  },
);
