import {
  backend_util,
  Cast,
  type KernelFunc,
  Mean,
  type MeanAttrs,
  Sum,
  type SumAttrs,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import { affineOf, isWorthDeferring, sumAffine } from '../affine.ts';
import { meanOfRows } from '../moments.ts';
import { runInParts } from '../parts.ts';
import { addressOf, type WasmBackend } from '../wasm-backend.ts';
import { axisRuns } from './axis-runs.ts';
import { runKernel, wasmKernel } from './kernel.ts';

/** Sums float32 in double precision; the stock kernel's plain float32 loop loses 1% over a million elements. */
export const sum = wasmKernel<{ x: TensorInfo }, SumAttrs>(Sum, ({ inputs: { x }, attrs, backend }, stock) => {
  if (x.dtype !== 'float32')
    return (stock as KernelFunc)({ inputs: { x }, attrs: { ...attrs }, backend }) as TensorInfo;
  return reduce(backend, x, attrs.axis, attrs.keepDims, 'sum');
});

/** See {@link sum}. */
export const mean = wasmKernel<{ x: TensorInfo }, MeanAttrs>(Mean, ({ inputs: { x }, attrs, backend }) => {
  if (x.dtype === 'float32') return reduce(backend, x, attrs.axis, attrs.keepDims, 'mean');
  const floats = runKernel(Cast, backend, { x }, { dtype: 'float32' });
  const result = reduce(backend, floats, attrs.axis, attrs.keepDims, 'mean');
  backend.disposeData(floats.dataId);
  return result;
});

function reduce(
  backend: WasmBackend,
  x: TensorInfo,
  axis: number | number[],
  keepDims: boolean,
  kind: 'sum' | 'mean',
): TensorInfo {
  const axes = util.parseAxisParam(axis, x.shape);
  const [outShape, reduceShape] = backend_util.computeOutAndReduceShapes(x.shape, axes);
  const divisor = kind === 'mean' ? util.sizeFromShape(reduceShape) : 1;
  const shape = keepDims ? backend_util.expandShapeToKeepDim(outShape, axes) : outShape;

  const runs = axisRuns(x.shape, axes);
  const affine = runs.length === 1 && runs[0]!.outer === 1 ? affineOf(backend, x) : undefined;
  const sums = affine?.channels === runs[0]!.inner ? sumAffine(backend, affine) : undefined;
  if (sums !== undefined) {
    const to = backend.makeOutput(shape, 'float32');
    backend.wasm.HEAPF32.set(
      sums.map((each) => each / divisor),
      addressOf(backend, to) / 4,
    );
    return to;
  }
  const [{ outer, reduced: rows, inner: channels }] = runs as [(typeof runs)[0]];
  if (kind === 'mean' && runs.length === 1 && outer === 1 && isWorthDeferring(rows, channels)) {
    const result = meanOfRows(backend, x, shape, rows, channels);
    if (result !== undefined) return result;
  }
  let from = x;
  runs.forEach(({ outer, reduced, inner }, i) => {
    const last = i === runs.length - 1;
    const source = addressOf(backend, from);
    const to = backend.makeOutput(last ? shape : [outer, inner], 'float32');
    const scale = last ? 1 / divisor : 1;
    runInParts(
      backend,
      'sumAxis',
      [source, addressOf(backend, to), outer, reduced, inner, scale],
      inner === 1 ? { size: outer, cost: reduced } : { size: inner, cost: outer * reduced, grain: 16 },
    );
    if (from !== x) backend.disposeData(from.dataId);
    from = to;
  });
  return from;
}
