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
import { type Affine, affineOf, deferAffine, gatedOf, gateOf } from '../affine.ts';
import { defer, isPending, type Loan, loanOf } from '../deferred.ts';
import { beforeClip, type Interval, intersection } from '../interval.ts';
import { reluInput } from '../kernels/clip.ts';
import { wasmKernel } from '../kernels/kernel.ts';
import { runInParts } from '../parts.ts';
import type { DataId, WasmBackend } from '../wasm-backend.ts';
import { runOwnKernel, wasmGradient } from './wasm-gradient.ts';

/** Lets a gradient through where its operation's input is in the interval. */
interface SlopedGate extends Interval {
  /** Slope outside; 1 inside. */
  slope: number;
}

/** A deferred gradient behind a gate. */
interface Gated {
  dy: Loan;
  x: DataId;
  gate: SlopedGate;
}

const gated = new WeakMap<DataId, Gated>();

const positive = { low: 0, high: Number.POSITIVE_INFINITY, closed: false };
const reluClip = { low: 0, high: Number.POSITIVE_INFINITY };

const gateGrad = wasmKernel<{ dy: TensorInfo; x: TensorInfo }, SlopedGate>(
  'CnnvizGateGrad',
  ({ inputs: { dy, x }, attrs: gate, backend }) => {
    const affine = gate.slope === 0 ? affineOf(backend, x) : undefined;
    const throughAffine = affine === undefined ? undefined : gateByAffine(backend, dy, affine, gate);
    if (throughAffine !== undefined) return deferAffine(backend, x.shape, throughAffine);

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

/** A gate on a deferred result, by what that is made of: it need not be written to be compared with. */
function gateByAffine(backend: WasmBackend, dy: TensorInfo, x: Affine, interval: Interval): Affine | undefined {
  const gate = gateOf(x, interval);
  if (gate === undefined) return undefined;
  const before = gatedOf(affineOf(backend, dy));
  const isSame = before?.gate.term === gate.term && before.gate.offset === gate.offset;
  const deviations = isSame
    ? { x: before.x, gate: { ...gate, ...intersection(before.gate, gate) } }
    : { x: loanOf(backend, dy), gate };
  return { rows: x.rows, channels: x.channels, terms: [{ deviations }] };
}

/**
 * One gate on x for a gate on relu(x) and the one of that ReLU on x, as a ReLU6 consists of the two.
 */
function throughRelu(first: SlopedGate, relu: SlopedGate): SlopedGate | undefined {
  const isRelu = relu.low === 0 && relu.high === Number.POSITIVE_INFINITY && !relu.closed && relu.slope === 0;
  if (!isRelu || first.slope !== 0) return undefined;
  return { ...intersection(beforeClip(first, reluClip), positive), slope: 0 };
}

function gradientOf<Attrs>(kernelName: string, gateOf: (attrs: Attrs) => SlopedGate) {
  return wasmGradient<Attrs>(kernelName, [gateGrad], (dy: Tensor, [x], attrs) => {
    if (x === undefined || x.dtype !== 'float32') return undefined;
    return { x: () => runOwnKernel(gateGrad.kernelName, { dy, x }, gateOf(attrs)) };
  });
}

export const reluGradient = gradientOf(Relu, () => ({ ...positive, slope: 0 }));

export const relu6Gradient = gradientOf(Relu6, () => ({ low: 0, high: 6, closed: false, slope: 0 }));

export const leakyReluGradient = gradientOf<LeakyReluAttrs>(LeakyRelu, ({ alpha }) => ({ ...positive, slope: alpha }));

export const clipByValueGradient = gradientOf<ClipByValueAttrs>(ClipByValue, ({ clipValueMin, clipValueMax }) => ({
  low: clipValueMin,
  high: clipValueMax,
  closed: true,
  slope: 0,
}));
