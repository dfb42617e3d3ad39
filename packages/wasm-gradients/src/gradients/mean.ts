import { Mean, type MeanAttrs, Sum, type SumAttrs, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { copyRow, deferAffine, isWorthDeferring } from '../affine.ts';
import { axisRuns } from '../kernels/axis-runs.ts';
import { wasmKernel } from '../kernels/kernel.ts';
import { runInParts } from '../parts.ts';
import { addressOf } from '../wasm-backend.ts';
import { runOwnKernel, wasmGradient } from './wasm-gradient.ts';

interface Spread {
  shape: number[];
  axis: number[];
  scale: number;
}

/** `scale` * dy, repeated along the axes over which `shape` had been summed. */
const spread = wasmKernel<{ dy: TensorInfo }, Spread>(
  'CnnvizSpread',
  ({ inputs: { dy }, attrs: { shape, axis, scale }, backend }) => {
    let from = dy;
    // The sum took the last run of axes first; this goes the other way.
    const runs = axisRuns(shape, axis).reverse();
    const [{ outer, reduced: rows, inner: channels }] = runs as [(typeof runs)[0]];
    if (runs.length === 1 && outer === 1 && isWorthDeferring(rows, channels)) {
      const offset = copyRow(backend, dy).map((value) => value * scale);
      return deferAffine(backend, shape, { rows, channels, terms: [], offset });
    }
    runs.forEach(({ outer, reduced, inner }, i) => {
      const last = i === runs.length - 1;
      const source = addressOf(backend, from);
      const to = backend.makeOutput(last ? shape : [outer, reduced, inner], 'float32');
      runInParts(backend, 'spread', [source, addressOf(backend, to), reduced, inner, last ? scale : 1], {
        size: outer * reduced,
        cost: inner,
      });
      if (from !== dy) backend.disposeData(from.dataId);
      from = to;
    });
    return from;
  },
);

export const meanGradient = wasmGradient<MeanAttrs>(Mean, [spread], (dy, [x], { axis }) => {
  if (x === undefined) return undefined;
  const axes = util.parseAxisParam(axis, x.shape);
  const scale = 1 / axes.reduce((count, i) => count * x.shape[i]!, 1);
  return { x: () => runOwnKernel(spread.kernelName, { dy }, { shape: x.shape, axis: axes, scale }) };
});

export const sumGradient = wasmGradient<SumAttrs>(Sum, [spread], (dy, [x], { axis }) => {
  if (x === undefined) return undefined;
  const axes = util.parseAxisParam(axis, x.shape);
  return { x: () => runOwnKernel(spread.kernelName, { dy }, { shape: x.shape, axis: axes, scale: 1 }) };
});
