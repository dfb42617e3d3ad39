import { type KernelFunc, Relu, type TensorInfo } from '@tensorflow/tfjs-core';
import type { DataId } from '../wasm-backend.ts';
import { wasmKernel } from './kernel.ts';

const inputs = new WeakMap<DataId, DataId>();

/** The stock kernel; it is kept in mind what each result is the ReLU of. */
export const relu = wasmKernel<{ x: TensorInfo }, object>(Relu, ({ inputs: { x }, backend }, stock) => {
  const y = (stock as KernelFunc)({ inputs: { x }, attrs: {}, backend }) as TensorInfo;
  inputs.set(y.dataId, x.dataId);
  return y;
});

export function reluInput(y: DataId): DataId | undefined {
  return inputs.get(y);
}
