import { Add, backend_util, type KernelFunc, Multiply, Sub, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { addAffines, affineOf, copyRow, deferAffine, isWorthDeferring } from '../affine.ts';
import { loanOf } from '../deferred.ts';
import { sumsAbout } from '../moments.ts';
import { runInParts } from '../parts.ts';
import { addressOf, type WasmBackend } from '../wasm-backend.ts';
import { wasmKernel } from './kernel.ts';

/** Of `combineRows` in assembly/elementwise.ts. */
const rowOperations = { [Add]: 0, [Sub]: 1, [Multiply]: 2 };

/** Combines each row with the same one, as a bias is added: four numbers at a time, where the stock kernel takes one. */
function rowKernel(kernelName: keyof typeof rowOperations) {
  return wasmKernel<{ a: TensorInfo; b: TensorInfo }, object>(kernelName, ({ inputs, backend }, stock) => {
    const { a, b } = inputs;
    const isFloat = a.dtype === 'float32' && b.dtype === 'float32';
    const deferred = kernelName === Add ? addDeferred(backend, a, b) : undefined;
    if (deferred !== undefined) return deferred;
    const found = isFloat ? (rowsOf(a, b) ?? (kernelName === Sub ? undefined : rowsOf(b, a))) : undefined;
    if (found === undefined) return (stock as KernelFunc)({ inputs, attrs: {}, backend }) as TensorInfo;
    if (kernelName === Sub && isWorthDeferring(found.count, util.sizeFromShape(found.row.shape))) {
      const shape = backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
      const mean = copyRow(backend, b);
      const sums = sumsAbout(a, b);
      const terms = [{ deviations: { x: loanOf(backend, a), mean, ...(sums && { sums }) } }];
      return deferAffine(backend, shape, { rows: found.count, channels: mean.length, terms });
    }
    const [from, by] = [addressOf(backend, found.all), addressOf(backend, found.row)];
    const to = backend.makeOutput(backend_util.assertAndGetBroadcastShape(a.shape, b.shape), 'float32');
    const inner = util.sizeFromShape(found.row.shape);
    runInParts(backend, 'combineRows', [rowOperations[kernelName], from, by, addressOf(backend, to), inner], {
      size: found.count,
      cost: inner,
    });
    return to;
  });
}

function addDeferred(backend: WasmBackend, a: TensorInfo, b: TensorInfo): TensorInfo | undefined {
  if (a.dtype !== 'float32' || b.dtype !== 'float32' || !util.arraysEqual(a.shape, b.shape)) return undefined;
  const [first, second] = [affineOf(backend, a), affineOf(backend, b)];
  const some = first ?? second;
  if (some === undefined) return undefined;
  // One that is deferred and one that is not are added in one pass as well.
  const { rows, channels } = some;
  const asIs = (x: TensorInfo) => ({ rows, channels, terms: [{ deviations: { x: loanOf(backend, x) } }] });
  const sum = addAffines(first ?? asIs(a), second ?? asIs(b));
  return sum === undefined ? undefined : deferAffine(backend, a.shape, sum);
}

/** Fewer numbers than these are no row: the stock kernel is quick where one number is for all. */
const SHORTEST = 4;

/** How many rows there are, if the shape of one is that of the last axes of the other, several times. */
function rowsOf(all: TensorInfo, row: TensorInfo) {
  const inner = util.sizeFromShape(row.shape);
  const axes = row.shape.slice(row.shape.findIndex((length) => length !== 1));
  const isRow = axes.every((length, axis) => length === all.shape[all.shape.length - axes.length + axis]);
  const count = util.sizeFromShape(all.shape) / inner;
  return inner >= SHORTEST && isRow && count > 1 ? { all, row, count } : undefined;
}

export const add = rowKernel(Add);
export const subtract = rowKernel(Sub);
export const multiply = rowKernel(Multiply);
