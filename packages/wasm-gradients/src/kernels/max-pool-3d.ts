import {
  backend_util,
  MaxPool,
  MaxPool3D,
  type MaxPool3DAttrs,
  MaxPool3DGrad,
  type MaxPool3DGradAttrs,
  MaxPoolGrad,
  type NamedAttrMap,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { WasmBackend } from '../wasm-backend.ts';
import { runKernel, wasmKernel } from './kernel.ts';

type Shape5D = [count: number, depth: number, height: number, width: number, channels: number];

/**
 * The largest value of each block, as the largest along the depth of the largest of each plane. Stock wasm begins with the
 * smallest positive number, so that of negative numbers none is the largest.
 */
export const maxPool3D = wasmKernel<{ x: TensorInfo }, MaxPool3DAttrs>(
  MaxPool3D,
  ({ inputs: { x }, attrs, backend }) => {
    const pooling = poolingOf(x.shape as Shape5D, attrs);
    const planes = poolPlanes(backend, x, pooling);
    const pooled = runKernel(MaxPool, backend, { x: withShape(planes, pooling.columns) }, pooling.alongDepth);
    backend.disposeData(planes.dataId);
    return withShape(pooled, pooling.outShape);
  },
);

/**
 * Ties go to the first maximum of a block, plane by plane and row by row, as those of two dimensions do. On the cpu backend
 * they go to the last, and in windows that are no cubes the gradient goes to another place.
 */
export const maxPool3DGrad = wasmKernel<{ dy: TensorInfo; input: TensorInfo }, MaxPool3DGradAttrs>(
  MaxPool3DGrad,
  ({ inputs: { dy, input }, attrs, backend }) => {
    const pooling = poolingOf(input.shape as Shape5D, attrs);
    const planes = poolPlanes(backend, input, pooling);
    const gradient = (of: TensorInfo, dOut: TensorInfo, how: NamedAttrMap) =>
      runKernel(MaxPoolGrad, backend, { dy: dOut, input: of, output: dOut }, how);
    const ofPlanes = gradient(
      withShape(planes, pooling.columns),
      withShape(dy, pooling.pooledColumns),
      pooling.alongDepth,
    );
    const dx = gradient(withShape(input, pooling.planes), withShape(ofPlanes, pooling.pooledPlanes), pooling.inPlane);
    backend.disposeData(planes.dataId);
    backend.disposeData(ofPlanes.dataId);
    return withShape(dx, input.shape);
  },
);

function poolPlanes(backend: WasmBackend, x: TensorInfo, { planes, inPlane }: Pooling): TensorInfo {
  return runKernel(MaxPool, backend, { x: withShape(x, planes) }, inPlane);
}

type Pooling = ReturnType<typeof poolingOf>;

/** Both steps as poolings of images: all planes of a volume, and a volume with its planes as columns. */
function poolingOf(shape: Shape5D, { filterSize, strides, pad, dimRoundingMode }: MaxPool3DAttrs | MaxPool3DGradAttrs) {
  const info = backend_util.computePool3DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  const { batchSize: count, inDepth, inHeight, inWidth, inChannels, outDepth, outHeight, outWidth } = info;
  const { front, back, top, bottom, left, right } = info.padInfo;
  const padding = (...sides: [[number, number], [number, number]]) => [[0, 0], ...sides, [0, 0]];
  const attrs = (filter: number[], steps: number[], around: number[][]): NamedAttrMap => ({
    filterSize: filter,
    strides: steps,
    pad: around as never,
    dimRoundingMode: 'floor',
  });
  return {
    planes: [count * inDepth, inHeight, inWidth, inChannels],
    pooledPlanes: [count * inDepth, outHeight, outWidth, inChannels],
    inPlane: attrs(
      [info.filterHeight, info.filterWidth],
      [info.strideHeight, info.strideWidth],
      padding([top, bottom], [left, right]),
    ),
    columns: [count, inDepth, outHeight * outWidth, inChannels],
    pooledColumns: [count, outDepth, outHeight * outWidth, inChannels],
    alongDepth: attrs([info.filterDepth, 1], [info.strideDepth, 1], padding([front, back], [0, 0])),
    outShape: info.outShape,
  };
}

/** The same data, as a kernel reads it. */
function withShape({ dataId, dtype }: TensorInfo, shape: readonly number[]): TensorInfo {
  return { dataId, dtype, shape: [...shape] };
}
