import {
  add,
  FusedBatchNorm,
  type FusedBatchNormAttrs,
  mul,
  neg,
  rsqrt,
  slice,
  squeeze,
  type Tensor,
  type Tensor1D,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import { defer } from '../deferred.ts';
import { wasmKernel } from '../kernels/kernel.ts';
import { simdOf } from '../simd.ts';
import { runOwnKernel, wasmGradient } from './wasm-gradient.ts';

/** [2, c]: Σ dy and Σ dy * (x - mean), both computed when one is looked at. */
const batchNormSums = wasmKernel<{ dy: TensorInfo; x: TensorInfo; mean: TensorInfo }, object>(
  'CnnvizBatchNormSums',
  ({ inputs: { dy, x, mean }, backend }) => {
    const channels = x.shape.at(-1)!;
    const rows = util.sizeFromShape(x.shape) / channels;
    const simd = simdOf(backend);
    return defer(backend, [2, channels], [dy, x, mean], (out, [dyAddress, xAddress, meanAddress]) => {
      simd.batchNormSums(dyAddress!, xAddress!, meanAddress!, out, rows, channels, 0, channels);
    });
  },
);

/**
 * y = (x - mean) * scale / sqrt(variance + epsilon) + offset, with statistics for each channel. tfjs's own gradient
 * repeats the statistics to the size of x and computes intermediate results whether they are needed or not.
 */
export const fusedBatchNormGradient = wasmGradient<FusedBatchNormAttrs>(
  FusedBatchNorm,
  [batchNormSums],
  (dy, [x, mean, variance, scale], { varianceEpsilon }) => {
    if (x === undefined || mean === undefined || variance === undefined) return undefined;
    const channels = x.shape.at(-1);
    const perChannel = [mean, variance, scale].every((t) => t == null || (t.rank === 1 && t.shape[0] === channels));
    if (!perChannel || x.dtype !== 'float32') return undefined;
    const sums = runOwnKernel(batchNormSums.kernelName, { dy, x, mean }, {});
    const sumOf = (row: 0 | 1) => squeeze<Tensor1D>(slice(sums, [row, 0], [1, -1]), [0]);
    const inverseDeviation = () => rsqrt(add(variance, varianceEpsilon));
    const scaled = (values: Tensor) => (scale == null ? values : mul(values, scale));
    return {
      x: () => mul(dy, scaled(inverseDeviation())),
      mean: () => neg(mul(sumOf(0), scaled(inverseDeviation()))),
      variance: () => {
        const factor = inverseDeviation();
        return mul(mul(sumOf(1), -0.5), scaled(mul(mul(factor, factor), factor)));
      },
      scale: () => mul(sumOf(1), inverseDeviation()),
      offset: () => sumOf(0),
    };
  },
);
