import { type TensorInfo, UnsortedSegmentSum, type UnsortedSegmentSumAttrs, util } from '@tensorflow/tfjs-core';
import { simdOf } from '../simd.ts';
import { addressOf } from '../wasm-backend.ts';
import { wasmKernel } from './kernel.ts';

/** The gradient of gathering rows: each row is added to its segment; ids outside 0..numSegments-1 are dropped. */
export const unsortedSegmentSum = wasmKernel<{ x: TensorInfo; segmentIds: TensorInfo }, UnsortedSegmentSumAttrs>(
  UnsortedSegmentSum,
  ({ inputs: { x, segmentIds }, attrs: { numSegments }, backend }) => {
    if (x.dtype !== 'float32' && x.dtype !== 'int32') {
      throw new TypeError(`@cnnviz/wasm-gradients: ${UnsortedSegmentSum}: x must be float32 or int32, got ${x.dtype}`);
    }
    const source = addressOf(backend, x);
    const ids = addressOf(backend, segmentIds);
    const rowShape = x.shape.slice(1);
    const out = backend.makeOutput([numSegments, ...rowShape], x.dtype);
    simdOf(backend).segmentSum(
      source,
      ids,
      addressOf(backend, out),
      x.shape[0]!,
      util.sizeFromShape(rowShape),
      numSegments,
      x.dtype === 'int32' ? 1 : 0,
    );
    return out;
  },
);
