import { Cast, type CastAttrs, Identity, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';
import { wasmKernel } from './kernel.ts';

/**
 * A clone shares the data, as a reshape already does and as on every other backend; stock wasm copies it, several times
 * for each layer of a gradient.
 */
export const identity = wasmKernel<{ x: TensorInfo }, Record<string, never>>(
  Identity,
  ({ inputs: { x }, backend }, stock) => {
    if (x.dtype === 'string') return (stock as KernelFunc)({ inputs: { x }, attrs: {}, backend }) as TensorInfo;
    backend.incRef(x.dataId);
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
  },
);

/** See {@link identity}: a cast to what the data already is copies nothing. */
export const cast = wasmKernel<{ x: TensorInfo }, CastAttrs>(Cast, ({ inputs: { x }, attrs, backend }, stock) => {
  if (x.dtype !== attrs.dtype || x.dtype === 'string') {
    return (stock as KernelFunc)({ inputs: { x }, attrs: { ...attrs }, backend }) as TensorInfo;
  }
  backend.incRef(x.dataId);
  return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
});
