import { FusedBatchNorm, type FusedBatchNormAttrs, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { affineOf, copyRow, deferAffine, gatedOf, placeRows, scaleAffine } from '../affine.ts';
import { defer, loanOf } from '../deferred.ts';
import { factorsOf } from '../kernels/batch-norm.ts';
import { wasmKernel } from '../kernels/kernel.ts';
import { reserveForSums, sumRows } from '../row-sums.ts';
import { addressOf, type WasmBackend } from '../wasm-backend.ts';
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
    const gated = gatedBy(backend, dy, x, mean);
    const inputs = [gated?.x ?? dy, x, mean, variance, ...(scale == null ? [] : [scale])];
    reserveForSums(backend, channels, 4 * 2 * channels);
    return defer(backend, [4, channels], inputs, (out, [dyAt, xAt, meanAt, varianceAt, scaleAt]) => {
      const behind = reserveForSums(backend, channels);
      const [factor, offset] = placeRows(backend, behind, channels, [gated?.factor ?? 1, gated?.offset ?? -0]);
      const gate = gated && { ...gated.interval, factor: factor!, offset: offset! };
      const inputs = { dy: dyAt!, x: xAt!, mean: meanAt!, gate };
      const [gradientSums, productSums] = sumRows(backend, inputs, rows, channels);
      const heap = backend.wasm.HEAPF32;
      for (let channel = 0; channel < channels; channel++) {
        const at = out / 4 + channel;
        const inverse = 1 / Math.sqrt(heap[varianceAt! / 4 + channel]! + varianceEpsilon);
        const scaled = inverse * (scaleAt === undefined ? 1 : heap[scaleAt / 4 + channel]!);
        const ofOffset = gradientSums[channel]!;
        const ofScale = productSums[channel]! * inverse;
        heap[at] = ofOffset;
        heap[at + channels] = ofScale;
        heap[at + 2 * channels] = -ofOffset * scaled;
        heap[at + 3 * channels] = -0.5 * ofScale * scaled * inverse;
      }
    });
  },
);

/** What a gate lets through, if dy is that and the gate one on this normalization of x, as of the ReLU behind it. */
function gatedBy(backend: WasmBackend, dy: TensorInfo, x: TensorInfo, mean: TensorInfo) {
  const gated = gatedOf(affineOf(backend, dy));
  if (gated === undefined) return undefined;
  const { term, offset, ...interval } = gated.gate;
  const { deviations, factor } = term;
  if (deviations.x.dataId !== x.dataId || deviations.mean === undefined) return undefined;
  if (!util.arraysEqual(deviations.mean, copyRow(backend, mean))) return undefined;
  return { x: gated.x, factor, offset, interval };
}

/** One of them. */
const parameterGradient = wasmKernel<{ gradients: TensorInfo }, { row: number }>(
  'CnnvizBatchNormParameterGradient',
  ({ inputs: { gradients }, attrs: { row }, backend }) => {
    const channels = gradients.shape[1]!;
    const from = addressOf(backend, gradients) / 4 + row * channels;
    const to = backend.makeOutput([channels], 'float32');
    backend.wasm.HEAPF32.copyWithin(addressOf(backend, to) / 4, from, from + channels);
    return to;
  },
);

/** dy * scale / sqrt(variance + epsilon). */
const inputGradient = wasmKernel<Omit<Inputs, 'mean'>, FusedBatchNormAttrs>(
  'CnnvizBatchNormInputGradient',
  ({ inputs: { dy, x, variance, scale }, attrs, backend }) => {
    const factor = factorsOf(backend, variance, scale, attrs);
    const channels = factor.length;
    const rows = util.sizeFromShape(x.shape) / channels;
    const gradient = affineOf(backend, dy);
    const scaled = gradient === undefined ? undefined : scaleAffine(gradient, factor);
    if (scaled !== undefined) return deferAffine(backend, x.shape, scaled);
    return deferAffine(backend, x.shape, {
      rows,
      channels,
      terms: [{ deviations: { x: loanOf(backend, dy) }, factor }],
    });
  },
);

/**
 * y = (x - mean) * scale / sqrt(variance + epsilon) + offset, with statistics for each channel. tfjs's own gradient
 * repeats the statistics to the size of x and computes intermediate results whether they are needed or not.
 */
export const fusedBatchNormGradient = wasmGradient<FusedBatchNormAttrs>(
  FusedBatchNorm,
  [parameterGradients, parameterGradient, inputGradient],
  (dy, [x, mean, variance, scale], attrs) => {
    if (x === undefined || mean === undefined || variance === undefined) return undefined;
    const channels = x.shape.at(-1);
    const perChannel = [mean, variance, scale].every((t) => t == null || (t.rank === 1 && t.shape[0] === channels));
    if (!perChannel || x.dtype !== 'float32') return undefined;
    const scaling = scale == null ? undefined : { scale };
    const gradients = runOwnKernel(parameterGradients.kernelName, { dy, x, mean, variance, ...scaling }, attrs);
    const gradientOf = (row: number) => runOwnKernel(parameterGradient.kernelName, { gradients }, { row });
    return {
      x: () => runOwnKernel(inputGradient.kernelName, { dy, x, variance, ...scaling }, attrs),
      offset: () => gradientOf(0),
      scale: () => gradientOf(1),
      mean: () => gradientOf(2),
      variance: () => gradientOf(3),
    };
  },
);
