import { Square, type TensorInfo } from '@tensorflow/tfjs-core';
import { type Affine, affineOf, deferAffine } from '../affine.ts';
import { wasmKernel } from '../kernels/kernel.ts';
import { scaledProduct } from '../kernels/scaled-product.ts';
import { runOwnKernel, wasmGradient } from './wasm-gradient.ts';

const squareGrad = wasmKernel<{ dy: TensorInfo; x: TensorInfo }, object>(
  'CnnvizSquareGrad',
  ({ inputs: { dy, x }, backend }) => {
    const scaled = scaledDeviations(affineOf(backend, dy), affineOf(backend, x));
    if (scaled !== undefined) return deferAffine(backend, x.shape, scaled);
    return scaledProduct(backend, dy, x, 2);
  },
);

/** 2 dy x, where dy is the same in each row, as behind a mean, and x one term, such as the deviations from a mean. */
function scaledDeviations(dy: Affine | undefined, x: Affine | undefined): Affine | undefined {
  const [term] = x?.terms ?? [];
  const row = dy?.terms.length === 0 && !dy.isSquared ? dy.offset : undefined;
  if (x === undefined || term === undefined || row === undefined || row.length !== x.channels) return undefined;
  if (x.terms.length > 1 || x.offset !== undefined || x.isSquared || x.clip !== undefined) return undefined;
  const factor = row.map((value, channel) => 2 * value * (term.factor?.[channel] ?? 1));
  return { ...x, terms: [{ ...term, factor }] };
}

/** Of the variance in batch normalization. */
export const squareGradient = wasmGradient(Square, [squareGrad], (dy, [x]) => {
  if (x === undefined || x.dtype !== 'float32') return undefined;
  return { x: () => runOwnKernel(squareGrad.kernelName, { dy, x }, {}) };
});
