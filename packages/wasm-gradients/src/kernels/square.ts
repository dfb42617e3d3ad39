import { type KernelFunc, Square, type TensorInfo } from '@tensorflow/tfjs-core';
import { affineOf, deferAffine } from '../affine.ts';
import { wasmKernel } from './kernel.ts';
import { scaledProduct } from './scaled-product.ts';

/** Four numbers at a time, or, of deferred values such as the deviations from a mean, deferred itself. */
export const square = wasmKernel<{ x: TensorInfo }, object>(Square, ({ inputs: { x }, backend }, stock) => {
  if (x.dtype !== 'float32') return (stock as KernelFunc)({ inputs: { x }, attrs: {}, backend }) as TensorInfo;
  const affine = affineOf(backend, x);
  if (affine !== undefined && !affine.isSquared && affine.clip === undefined)
    return deferAffine(backend, x.shape, { ...affine, isSquared: true });
  return scaledProduct(backend, x, x, 1);
});
