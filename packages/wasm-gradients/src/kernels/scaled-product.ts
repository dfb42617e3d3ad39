import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { runInParts } from '../parts.ts';
import { addressOf, type WasmBackend } from '../wasm-backend.ts';

/** factor * a * b, of tensors of one shape. */
export function scaledProduct(backend: WasmBackend, a: TensorInfo, b: TensorInfo, factor: number): TensorInfo {
  const [first, second] = [addressOf(backend, a), addressOf(backend, b)];
  const to = backend.makeOutput(b.shape, 'float32');
  runInParts(backend, 'scaledProduct', [first, second, addressOf(backend, to), factor], {
    size: util.sizeFromShape(b.shape),
    cost: 1,
    grain: 4,
  });
  return to;
}
