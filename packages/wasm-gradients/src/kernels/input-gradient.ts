import { backend_util, type Conv2DBackpropInputAttrs, type TensorInfo } from '@tensorflow/tfjs-core';
import type { WasmBackend } from '../wasm-backend.ts';

/** The gradient of a convolution with respect to its input [batch, height, width, inChannels]. */
export interface InputGradient {
  /** [batch, outHeight, outWidth, outChannels] */
  dy: TensorInfo;
  /** [filterHeight, filterWidth, inChannels, outChannels] */
  filter: TensorInfo;
  batch: number;
  height: number;
  width: number;
  inChannels: number;
  outHeight: number;
  outWidth: number;
  outChannels: number;
  filterHeight: number;
  filterWidth: number;
  strideHeight: number;
  strideWidth: number;
  padTop: number;
  padLeft: number;
}

export function inputGradientOf(
  { dy, filter }: { dy: TensorInfo; filter: TensorInfo },
  { strides, pad, dimRoundingMode, inputShape }: Conv2DBackpropInputAttrs,
): InputGradient {
  const filterShape = filter.shape as [number, number, number, number];
  const { padInfo, strideHeight, strideWidth, outHeight, outWidth } = backend_util.computeConv2DInfo(
    inputShape,
    filterShape,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
  const [filterHeight, filterWidth, inChannels, outChannels] = filterShape;
  const [batch, height, width] = inputShape;
  return {
    dy,
    filter,
    batch,
    height,
    width,
    inChannels,
    outHeight,
    outWidth,
    outChannels,
    filterHeight,
    filterWidth,
    strideHeight,
    strideWidth,
    padTop: padInfo.top,
    padLeft: padInfo.left,
  };
}

/** One way to compute it. */
export interface Plan {
  /** Multiplications, with those that are made in vain, and what else it does in as many as take as long. */
  cost: number;
  /** Writes all of `dx`. */
  run(backend: WasmBackend, dx: TensorInfo): void;
}

/** XNNPACK computes this many columns at a time, whether they are there or not. */
export const roundUpToTile = (columns: number): number => 8 * Math.ceil(columns / 8);
