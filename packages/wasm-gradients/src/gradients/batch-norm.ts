import {
  FusedBatchNorm,
  type FusedBatchNormAttrs,
  Multiply,
  reshape,
  slice,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import { defer } from '../deferred.ts';
import { wasmKernel } from '../kernels/kernel.ts';
import { rowOperations } from '../kernels/rows.ts';
import { runInParts } from '../parts.ts';
import { addressOf, withScratch } from '../wasm-backend.ts';
import { runOwnKernel, wasmGradient } from './wasm-gradient.ts';

interface Inputs {
  dy: TensorInfo;
  x: TensorInfo;
  mean: TensorInfo;
  variance: TensorInfo;
  scale?: TensorInfo;
}

/** [4, c]: the gradients of offset, scale, mean and variance, computed when one is looked at. */
const parameterGradients = wasmKernel<Inputs, FusedBatchNormAttrs>(
  'CnnvizBatchNormParameterGradients',
  ({ inputs: { dy, x, mean, variance, scale }, attrs: { varianceEpsilon }, backend }) => {
    const channels = x.shape.at(-1)!;
    const rows = util.sizeFromShape(x.shape) / channels;
    const inputs = scale == null ? [dy, x, mean, variance] : [dy, x, mean, variance, scale];
    return defer(backend, [4, channels], inputs, (out, [dyAt, xAt, meanAt, varianceAt, scaleAt]) => {
      // Σ dy and Σ dy * (x - mean), in the place of the first two.
      const values = [dyAt!, xAt!, meanAt!, out, rows, channels];
      runInParts(backend, 'batchNormSums', values, { size: channels, cost: 2 * rows, grain: 8 });
      const heap = backend.wasm.HEAPF32;
      for (let channel = 0; channel < channels; channel++) {
        const at = out / 4 + channel;
        const inverse = 1 / Math.sqrt(heap[varianceAt! / 4 + channel]! + varianceEpsilon);
        const scaled = inverse * (scaleAt === undefined ? 1 : heap[scaleAt / 4 + channel]!);
        const ofScale = heap[at + channels]! * inverse;
        heap[at + channels] = ofScale;
        heap[at + 2 * channels] = -heap[at]! * scaled;
        heap[at + 3 * channels] = -0.5 * ofScale * scaled * inverse;
      }
    });
  },
);

/** dy * scale / sqrt(variance + epsilon). */
const inputGradient = wasmKernel<Omit<Inputs, 'mean'>, FusedBatchNormAttrs>(
  'CnnvizBatchNormInputGradient',
  ({ inputs: { dy, x, variance, scale }, attrs: { varianceEpsilon }, backend }) => {
    const channels = x.shape.at(-1)!;
    const [from, varianceAt] = [addressOf(backend, dy), addressOf(backend, variance)];
    const scaleAt = scale == null ? undefined : addressOf(backend, scale);
    const dx = backend.makeOutput(x.shape, 'float32');
    withScratch(backend, 4 * channels, (factors) => {
      // After all that may grow the heap.
      const heap = backend.wasm.HEAPF32;
      for (let channel = 0; channel < channels; channel++) {
        const scaled = scaleAt === undefined ? 1 : heap[scaleAt / 4 + channel]!;
        heap[factors / 4 + channel] = scaled / Math.sqrt(heap[varianceAt / 4 + channel]! + varianceEpsilon);
      }
      const values = [rowOperations[Multiply], from, factors, addressOf(backend, dx), channels];
      runInParts(backend, 'combineRows', values, { size: util.sizeFromShape(x.shape) / channels, cost: channels });
    });
    return dx;
  },
);

/**
 * y = (x - mean) * scale / sqrt(variance + epsilon) + offset, with statistics for each channel. tfjs's own gradient
 * repeats the statistics to the size of x and computes intermediate results whether they are needed or not.
 */
export const fusedBatchNormGradient = wasmGradient<FusedBatchNormAttrs>(
  FusedBatchNorm,
  [parameterGradients, inputGradient],
  (dy, [x, mean, variance, scale], attrs) => {
    if (x === undefined || mean === undefined || variance === undefined) return undefined;
    const channels = x.shape.at(-1);
    const perChannel = [mean, variance, scale].every((t) => t == null || (t.rank === 1 && t.shape[0] === channels));
    if (!perChannel || x.dtype !== 'float32') return undefined;
    const scaling = scale == null ? undefined : { scale };
    const gradients = runOwnKernel(parameterGradients.kernelName, { dy, x, mean, variance, ...scaling }, attrs);
    const gradientOf = (row: number) => reshape(slice(gradients, [row, 0], [1, -1]), [-1]);
    return {
      x: () => runOwnKernel(inputGradient.kernelName, { dy, x, variance, ...scaling }, attrs),
      offset: () => gradientOf(0),
      scale: () => gradientOf(1),
      mean: () => gradientOf(2),
      variance: () => gradientOf(3),
    };
  },
);
