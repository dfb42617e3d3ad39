import {
  ClipByValue,
  type ClipByValueAttrs,
  LeakyRelu,
  type LeakyReluAttrs,
  Relu,
  Relu6,
  type Tensor,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import { wasmKernel } from '../kernels/kernel.ts';
import { runInParts } from '../parts.ts';
import { addressOf } from '../wasm-backend.ts';
import { runOwnKernel, wasmGradient } from './wasm-gradient.ts';

interface Gate {
  low: number;
  high: number;
  /** Whether `low` itself lies inside. */
  closed: boolean;
  /** Slope outside; 1 inside. */
  slope: number;
}

const gateGrad = wasmKernel<{ dy: TensorInfo; x: TensorInfo }, Gate>(
  'CnnvizGateGrad',
  ({ inputs: { dy, x }, attrs: { low, high, closed, slope }, backend }) => {
    const from = addressOf(backend, dy);
    const at = addressOf(backend, x);
    const dx = backend.makeOutput(x.shape, 'float32');
    const size = util.sizeFromShape(x.shape);
    runInParts(backend, 'gateGrad', [from, at, addressOf(backend, dx), low, high, closed ? 1 : 0, slope], {
      size,
      cost: 1,
      grain: 4,
    });
    return dx;
  },
);

function gradientOf<Attrs>(kernelName: string, gateOf: (attrs: Attrs) => Gate) {
  return wasmGradient<Attrs>(kernelName, [gateGrad], (dy: Tensor, [x], attrs) => {
    if (x === undefined || x.dtype !== 'float32') return undefined;
    return { x: () => runOwnKernel(gateGrad.kernelName, { dy, x }, gateOf(attrs)) };
  });
}

export const reluGradient = gradientOf(Relu, () => ({
  low: 0,
  high: Number.POSITIVE_INFINITY,
  closed: false,
  slope: 0,
}));

export const relu6Gradient = gradientOf(Relu6, () => ({ low: 0, high: 6, closed: false, slope: 0 }));

export const leakyReluGradient = gradientOf<LeakyReluAttrs>(LeakyRelu, ({ alpha }) => ({
  low: 0,
  high: Number.POSITIVE_INFINITY,
  closed: false,
  slope: alpha,
}));

export const clipByValueGradient = gradientOf<ClipByValueAttrs>(ClipByValue, ({ clipValueMin, clipValueMax }) => ({
  low: clipValueMin,
  high: clipValueMax,
  closed: true,
  slope: 0,
}));
