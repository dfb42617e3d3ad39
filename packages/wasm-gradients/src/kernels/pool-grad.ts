import {
  AvgPoolGrad,
  type AvgPoolGradAttrs,
  backend_util,
  MaxPoolGrad,
  type MaxPoolGradAttrs,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { runInParts } from '../parts.ts';
import { addressOf } from '../wasm-backend.ts';
import { wasmKernel } from './kernel.ts';

type Shape4D = [number, number, number, number];

/** Size of the image, of the output and of a window, and the strides. */
const windowsOf = (info: backend_util.Conv2DInfo) =>
  [
    info.inHeight,
    info.inWidth,
    info.inChannels,
    info.outHeight,
    info.outWidth,
    info.filterHeight,
    info.filterWidth,
    info.strideHeight,
    info.strideWidth,
  ] as const;

/** Ties go to the first maximum of a window, row by row, as on the cpu backend. */
export const maxPoolGrad = wasmKernel<{ dy: TensorInfo; input: TensorInfo }, MaxPoolGradAttrs>(
  MaxPoolGrad,
  ({ inputs: { dy, input }, attrs: { filterSize, strides, pad, dimRoundingMode }, backend }) => {
    const shape = input.shape as Shape4D;
    const info = backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
    const x = addressOf(backend, input);
    const gradient = addressOf(backend, dy);
    const dx = backend.makeOutput(shape, 'float32');
    const { top, left } = info.padInfo;
    const values = [x, gradient, addressOf(backend, dx), ...windowsOf(info), 1, 1, top, left];
    runInParts(backend, 'maxPoolGrad', values, { size: shape[0], cost: costOf(info) });
    return dx;
  },
);

/**
 * The derivative of the forward pass, which averages over the pixels of a window that lie inside the image. The cpu
 * backend and stock wasm divide by the whole window instead, so at padded borders their gradient is too small.
 */
export const avgPoolGrad = wasmKernel<{ dy: TensorInfo; input: TensorInfo }, AvgPoolGradAttrs>(
  AvgPoolGrad,
  ({ inputs: { dy, input }, attrs: { filterSize, strides, pad }, backend }) => {
    const shape = input.shape as Shape4D;
    const info = backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad);
    const gradient = addressOf(backend, dy);
    const dx = backend.makeOutput(shape, 'float32');
    const { top, left } = info.padInfo;
    const values = [gradient, addressOf(backend, dx), ...windowsOf(info), top, left];
    runInParts(backend, 'avgPoolGrad', values, { size: shape[0], cost: costOf(info) });
    return dx;
  },
);

/** Of the gradient of one image. */
function costOf({ outHeight, outWidth, outChannels, filterHeight, filterWidth }: backend_util.Conv2DInfo): number {
  return outHeight * outWidth * outChannels * filterHeight * filterWidth;
}
