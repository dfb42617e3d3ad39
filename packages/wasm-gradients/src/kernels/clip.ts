import {
  ClipByValue,
  type ClipByValueAttrs,
  type KernelFunc,
  Relu,
  Relu6,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import { affineOf, clipAffine, deferAffine } from '../affine.ts';
import type { Clip } from '../interval.ts';
import { runInParts } from '../parts.ts';
import { addressOf, type DataId, type WasmBackend } from '../wasm-backend.ts';
import { wasmKernel } from './kernel.ts';

const reluInputs = new WeakMap<DataId, DataId>();

/** What a result that was computed is the ReLU of. */
export function reluInput(y: DataId): DataId | undefined {
  return reluInputs.get(y);
}

/** Deferred where its input is, as behind batch normalization. */
function deferClipped(backend: WasmBackend, x: TensorInfo, clip: Clip): TensorInfo | undefined {
  const affine = affineOf(backend, x);
  const clipped = affine === undefined ? undefined : clipAffine(affine, clip);
  return clipped === undefined ? undefined : deferAffine(backend, x.shape, clipped);
}

/** Deferred, or computed here: stock wasm makes the lower bound of NaN, which would depend on what is deferred. */
function clipped(backend: WasmBackend, x: TensorInfo, clip: Clip): TensorInfo | undefined {
  const deferred = deferClipped(backend, x, clip);
  if (deferred !== undefined || x.dtype !== 'float32') return deferred;
  const from = addressOf(backend, x);
  const y = backend.makeOutput(x.shape, 'float32');
  runInParts(backend, 'clip', [from, addressOf(backend, y), clip.low, clip.high], {
    size: util.sizeFromShape(x.shape),
    cost: 1,
    grain: 4,
  });
  return y;
}

export const relu = wasmKernel<{ x: TensorInfo }, object>(Relu, ({ inputs: { x }, backend }, stock) => {
  const deferred = deferClipped(backend, x, { low: 0, high: Number.POSITIVE_INFINITY });
  if (deferred !== undefined) return deferred;
  const y = (stock as KernelFunc)({ inputs: { x }, attrs: {}, backend }) as TensorInfo;
  reluInputs.set(y.dataId, x.dataId);
  return y;
});

export const relu6 = wasmKernel<{ x: TensorInfo }, object>(
  Relu6,
  ({ inputs: { x }, backend }, stock) =>
    clipped(backend, x, { low: 0, high: 6 }) ??
    ((stock as KernelFunc)({ inputs: { x }, attrs: {}, backend }) as TensorInfo),
);

export const clipByValue = wasmKernel<{ x: TensorInfo }, ClipByValueAttrs>(
  ClipByValue,
  ({ inputs: { x }, attrs, backend }, stock) =>
    clipped(backend, x, { low: attrs.clipValueMin, high: attrs.clipValueMax }) ??
    ((stock as KernelFunc)({ inputs: { x }, attrs: { ...attrs }, backend }) as TensorInfo),
);
