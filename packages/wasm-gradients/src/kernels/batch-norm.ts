import {
  FusedBatchNorm,
  type FusedBatchNormAttrs,
  type KernelFunc,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import { runInParts } from '../parts.ts';
import { addressOf, withScratch } from '../wasm-backend.ts';
import { wasmKernel } from './kernel.ts';

type Statistic = TensorInfo | undefined;
interface Inputs {
  x: TensorInfo;
  mean: TensorInfo;
  variance: TensorInfo;
  offset?: Statistic;
  scale?: Statistic;
}

/** One factor a channel and four pixels at a time; the stock kernel divides by a square root at each. */
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
    const [from, means, variances] = [x, mean, variance].map((each) => addressOf(backend, each));
    const [offsets, scales] = [offset, scale].map((each) => (each == null ? undefined : addressOf(backend, each)));
    const to = backend.makeOutput(x.shape, 'float32');
    withScratch(backend, 8 * channels, (scratch) => {
      // After all that may grow the heap.
      const heap = backend.wasm.HEAPF32;
      const [factors, noOffsets] = [scratch, scratch + 4 * channels];
      for (let channel = 0; channel < channels; channel++) {
        const scaled = scales === undefined ? 1 : heap[scales / 4 + channel]!;
        heap[factors / 4 + channel] = scaled / Math.sqrt(heap[variances! / 4 + channel]! + attrs.varianceEpsilon);
        heap[noOffsets / 4 + channel] = 0;
      }
      const at = addressOf(backend, to);
      runInParts(backend, 'normalize', [from!, means!, factors, offsets ?? noOffsets, at, channels], {
        size: size / channels,
        cost: channels,
      });
    });
    return to;
  },
);
