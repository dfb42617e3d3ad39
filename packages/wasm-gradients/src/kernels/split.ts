import { backend_util, type KernelFunc, SplitV, type SplitVAttrs, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { simdOf } from '../simd.ts';
import { addressOf } from '../wasm-backend.ts';
import { wasmKernel } from './kernel.ts';

/** The gradient of a concatenation; the stock kernel copies pixel by pixel in JavaScript. */
export const splitV = wasmKernel<{ x: TensorInfo }, SplitVAttrs>(SplitV, ({ inputs: { x }, attrs, backend }, stock) => {
  if (x.dtype !== 'float32') return (stock as KernelFunc)({ inputs: { x }, attrs: { ...attrs }, backend });
  const axis = util.parseAxisParam(attrs.axis, x.shape)[0]!;
  // prepareSplitSize asks for a Tensor but reads its shape only.
  const sizes = backend_util.prepareSplitSize(
    x as Parameters<typeof backend_util.prepareSplitSize>[0],
    attrs.numOrSizeSplits,
    axis,
  );
  const rows = util.sizeFromShape(x.shape.slice(0, axis));
  const inner = 4 * util.sizeFromShape(x.shape.slice(axis + 1));
  let from = addressOf(backend, x);
  return sizes.map((size) => {
    const part = backend.makeOutput(
      x.shape.map((whole, i) => (i === axis ? size : whole)),
      'float32',
    );
    simdOf(backend).copyRows(from, addressOf(backend, part), rows, size * inner, x.shape[axis]! * inner, size * inner);
    from += size * inner;
    return part;
  });
});
