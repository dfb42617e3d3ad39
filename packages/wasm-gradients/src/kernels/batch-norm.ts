import {
  FusedBatchNorm,
  type FusedBatchNormAttrs,
  type KernelFunc,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import { type Affine, copyRow, deferAffine, isWorthDeferring, runAffine } from '../affine.ts';
import { loanOf } from '../deferred.ts';
import type { WasmBackend } from '../wasm-backend.ts';
import { wasmKernel } from './kernel.ts';

type Statistic = TensorInfo | undefined;
interface Inputs {
  x: TensorInfo;
  mean: TensorInfo;
  variance: TensorInfo;
  offset?: Statistic;
  scale?: Statistic;
}

/** What each channel is multiplied by: scale / sqrt(variance + epsilon). */
export function factorsOf(
  backend: WasmBackend,
  variance: TensorInfo,
  scale: Statistic,
  { varianceEpsilon }: FusedBatchNormAttrs,
): Float32Array {
  const scales = scale == null ? undefined : copyRow(backend, scale);
  return copyRow(backend, variance).map(
    (value, channel) => (scales?.[channel] ?? 1) / Math.sqrt(value + varianceEpsilon),
  );
}

/** One factor a channel and four channels at a time; the stock kernel divides by a square root at each. */
export const fusedBatchNorm = wasmKernel<Inputs, FusedBatchNormAttrs>(
  FusedBatchNorm,
  ({ inputs, attrs, backend }, stock) => {
    const { x, mean, variance, offset, scale } = inputs;
    const channels = x.shape.at(-1) ?? 0;
    const size = util.sizeFromShape(x.shape);
    const isPerChannel = (values: Statistic) =>
      values == null || (values.dtype === 'float32' && values.shape.length === 1 && values.shape[0] === channels);
    if (size === 0 || x.dtype !== 'float32' || ![mean, variance, offset, scale].every(isPerChannel)) {
      return (stock as KernelFunc)({ inputs: { ...inputs }, attrs: { ...attrs }, backend }) as TensorInfo;
    }
    const means = copyRow(backend, mean);
    const factor = factorsOf(backend, variance, scale, attrs);
    const rows = size / channels;
    const affine: Affine = {
      rows,
      channels,
      terms: [{ deviations: { x: loanOf(backend, x), mean: means }, factor }],
      offset: offset == null ? undefined : copyRow(backend, offset),
    };
    return (isWorthDeferring(rows, channels) ? deferAffine : runAffine)(backend, x.shape, affine);
  },
);
