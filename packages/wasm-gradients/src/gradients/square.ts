import { Square, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { wasmKernel } from '../kernels/kernel.ts';
import { runInParts } from '../parts.ts';
import { addressOf } from '../wasm-backend.ts';
import { runOwnKernel, wasmGradient } from './wasm-gradient.ts';

const squareGrad = wasmKernel<{ dy: TensorInfo; x: TensorInfo }, object>(
  'CnnvizSquareGrad',
  ({ inputs: { dy, x }, backend }) => {
    const from = addressOf(backend, dy);
    const at = addressOf(backend, x);
    const dx = backend.makeOutput(x.shape, 'float32');
    runInParts(backend, 'scaledProduct', [from, at, addressOf(backend, dx), 2], {
      size: util.sizeFromShape(x.shape),
      cost: 1,
      grain: 4,
    });
    return dx;
  },
);

/** Of the variance in batch normalisation. */
export const squareGradient = wasmGradient(Square, [squareGrad], (dy, [x]) => {
  if (x === undefined || x.dtype !== 'float32') return undefined;
  return { x: () => runOwnKernel(squareGrad.kernelName, { dy, x }, {}) };
});
