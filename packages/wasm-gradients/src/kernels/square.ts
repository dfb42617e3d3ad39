import { type KernelFunc, Square, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { affineOf, deferAffine } from '../affine.ts';
import { runInParts } from '../parts.ts';
import { addressOf } from '../wasm-backend.ts';
import { wasmKernel } from './kernel.ts';

/** Four numbers at a time, or, of deferred values such as the deviations from a mean, deferred itself. */
export const square = wasmKernel<{ x: TensorInfo }, object>(Square, ({ inputs: { x }, backend }, stock) => {
  if (x.dtype !== 'float32') return (stock as KernelFunc)({ inputs: { x }, attrs: {}, backend }) as TensorInfo;
  const affine = affineOf(backend, x);
  if (affine !== undefined && !affine.isSquared) return deferAffine(backend, x.shape, { ...affine, isSquared: true });
  const from = addressOf(backend, x);
  const to = backend.makeOutput(x.shape, 'float32');
  runInParts(backend, 'scaledProduct', [from, from, addressOf(backend, to), 1], {
    size: util.sizeFromShape(x.shape),
    cost: 1,
    grain: 4,
  });
  return to;
});
