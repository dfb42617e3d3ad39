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
import { defer, isPending, type Loan, loanOf } from '../deferred.ts';
import { wasmKernel } from '../kernels/kernel.ts';
import { reluInput } from '../kernels/relu.ts';
import { runInParts } from '../parts.ts';
import type { DataId } from '../wasm-backend.ts';
import { runOwnKernel, wasmGradient } from './wasm-gradient.ts';

interface Gate {
  low: number;
  high: number;
  /** Whether `low` itself lies inside. */
  closed: boolean;
  /** Slope outside; 1 inside. */
  slope: number;
}

/** A deferred gradient behind a gate. */
interface Gated {
  dy: Loan;
  x: DataId;
  gate: Gate;
}

const gated = new WeakMap<DataId, Gated>();

const gateGrad = wasmKernel<{ dy: TensorInfo; x: TensorInfo }, Gate>(
  'CnnvizGateGrad',
  ({ inputs: { dy, x }, attrs: gate, backend }) => {
    const before = isPending(backend, dy.dataId) ? gated.get(dy.dataId) : undefined;
    const both = before !== undefined && reluInput(before.x) === x.dataId ? throughRelu(before.gate, gate) : undefined;
    const { low, high, closed, slope } = both ?? gate;
    const from = both === undefined ? loanOf(backend, dy) : before!.dy;
    const size = util.sizeFromShape(x.shape);
    const dx = defer(backend, x.shape, [from, x], (to, [dyAt, xAt]) => {
      runInParts(backend, 'gateGrad', [dyAt!, xAt!, to, low, high, closed ? 1 : 0, slope], { size, cost: 1, grain: 4 });
    });
    gated.set(dx.dataId, { dy: from, x: x.dataId, gate: both ?? gate });
    return dx;
  },
);

/**
 * One gate on x for a gate on relu(x) and the one of that ReLU on x, as a ReLU6 consists of the two: where the second
 * lets through, relu(x) is x.
 */
function throughRelu(first: Gate, relu: Gate): Gate | undefined {
  const isRelu = relu.low === 0 && relu.high === Number.POSITIVE_INFINITY && !relu.closed && relu.slope === 0;
  if (!isRelu || first.slope !== 0) return undefined;
  return first.low > 0 ? first : { ...first, low: 0, closed: false };
}

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
