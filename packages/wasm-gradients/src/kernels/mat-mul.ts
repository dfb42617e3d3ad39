import {
  _FusedMatMul,
  type _FusedMatMulAttrs,
  Add,
  BatchMatMul,
  type BatchMatMulAttrs,
  broadcast_util,
  Elu,
  type KernelFunc,
  LeakyRelu,
  Prelu,
  Relu,
  Relu6,
  Sigmoid,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import { defer } from '../deferred.ts';
import { runInParts } from '../parts.ts';
import { simdOf } from '../simd.ts';
import { addressOf, closeView, type DataId, openView, type WasmBackend, withScratch } from '../wasm-backend.ts';
import { runKernel, wasmKernel } from './kernel.ts';
import { xnnpackProduct } from './xnnpack-product.ts';

interface MatMulAttrs {
  transposeA: boolean;
  transposeB: boolean;
}

/** out [m, n] = a [m, k] b [k, n], either stored transposed, for each pair of matrices of the two batches. */
interface Problem {
  m: number;
  k: number;
  n: number;
  transposeA: boolean;
  transposeB: boolean;
  outShape: number[];
  /** For each matrix of the output the index of its two factors. */
  pairs: [a: number, b: number][];
}

export const batchMatMul = wasmKernel<{ a: TensorInfo; b: TensorInfo }, BatchMatMulAttrs>(
  BatchMatMul,
  ({ inputs: { a, b }, attrs, backend }, stock) => {
    const isOf = (dtype: string) => a.dtype === dtype && b.dtype === dtype;
    if (isOf('int32')) return integerMatMul(backend, a, b, attrs);
    if (!isOf('float32') || util.sizeFromShape(a.shape) * util.sizeFromShape(b.shape) === 0) {
      return (stock as KernelFunc)({ inputs: { a, b }, attrs: { ...attrs }, backend }) as TensorInfo;
    }
    return matMul(backend, a, b, attrs);
  },
);

/**
 * The stock kernel is right only where it hands the whole product to XNNPACK: its own loop, for transposed or batched
 * factors, adds the bias and applies the activation once per block of k. It also takes a bias that was reshaped to one
 * dimension for one of its old shape.
 */
export const fusedMatMul = wasmKernel<
  { a: TensorInfo; b: TensorInfo; bias?: TensorInfo; preluActivationWeights?: TensorInfo },
  _FusedMatMulAttrs
>(_FusedMatMul, ({ inputs, attrs, backend }, stock) => {
  const { a, b, bias, preluActivationWeights } = inputs;
  const runStock = (factor: TensorInfo, flatBias: TensorInfo | undefined) => {
    const stockInputs: Record<string, TensorInfo> = { a, b: factor };
    if (flatBias !== undefined) stockInputs.bias = flatBias;
    if (preluActivationWeights != null) stockInputs.preluActivationWeights = preluActivationWeights;
    return (stock as KernelFunc)({ inputs: stockInputs, attrs: { ...attrs }, backend }) as TensorInfo;
  };
  const isFloat = a.dtype === 'float32' && b.dtype === 'float32';
  if (!isFloat || util.sizeFromShape(a.shape) * util.sizeFromShape(b.shape) === 0)
    return runStock(b, bias ?? undefined);

  const single = util.sizeFromShape(a.shape.slice(0, -2)) === 1 && util.sizeFromShape(b.shape.slice(0, -2)) === 1;
  const n = attrs.transposeB ? b.shape.at(-2)! : b.shape.at(-1)!;
  const biasFits = bias == null || (util.sizeFromShape(bias.shape) === n && bias.shape.at(-1) === n);
  if (single && !attrs.transposeA && !attrs.transposeB && biasFits) {
    return withOwnOperator(backend, b, (factor) =>
      bias == null ? runStock(factor, undefined) : withFlatShape(backend, bias, (flat) => runStock(factor, flat)),
    );
  }
  let result = matMul(backend, a, b, attrs);
  const replace = (next: TensorInfo) => {
    backend.disposeData(result.dataId);
    result = next;
  };
  if (bias != null) replace(runKernel(Add, backend, { a: result, b: bias }));
  switch (attrs.activation) {
    case 'relu':
      replace(runKernel(Relu, backend, { x: result }));
      break;
    case 'relu6':
      replace(runKernel(Relu6, backend, { x: result }));
      break;
    case 'elu':
      replace(runKernel(Elu, backend, { x: result }));
      break;
    case 'sigmoid':
      replace(runKernel(Sigmoid, backend, { x: result }));
      break;
    case 'leakyrelu':
      replace(runKernel(LeakyRelu, backend, { x: result }, { alpha: attrs.leakyreluAlpha ?? 0 }));
      break;
    case 'prelu':
      replace(runKernel(Prelu, backend, { x: result, alpha: preluActivationWeights! }));
      break;
  }
  return result;
});

function matMul(backend: WasmBackend, a: TensorInfo, b: TensorInfo, attrs: MatMulAttrs): TensorInfo {
  const problem = problemOf(a, b, attrs);
  const { m, k, n, transposeA, transposeB, outShape, pairs } = problem;
  if (transposeA && !transposeB) {
    return defer(backend, outShape, [a, b], (out, [aAddress, bAddress]) => {
      pairs.forEach(([i, j], p) => {
        transposedTimes(backend, aAddress! + i * k * m * 4, bAddress! + j * k * n * 4, out + p * m * n * 4, k, m, n);
      });
    });
  }
  const aAddress = addressOf(backend, a);
  const bAddress = addressOf(backend, b);
  const bId = backend.dataIdMap.get(b.dataId).id;
  const out = backend.makeOutput(outShape, 'float32');
  const outAddress = addressOf(backend, out);
  if (pairs.length === 1 && !transposeA && !transposeB) {
    withOwnOperator(backend, b, (factor) => {
      const id = factor === b ? bId : backend.dataIdMap.get(factor.dataId).id;
      xnnpackProduct(backend, aAddress, { id, address: bAddress }, outAddress, m, k, n);
    });
    return out;
  }
  pairs.forEach(([i, j], p) => {
    product(backend, problem, aAddress + i * m * k * 4, bAddress + j * k * n * 4, outAddress + p * m * n * 4);
  });
  return out;
}

/** The stock kernel refuses integers, by which published graphs compute where to look. Their matrices are small. */
function integerMatMul(backend: WasmBackend, a: TensorInfo, b: TensorInfo, attrs: MatMulAttrs): TensorInfo {
  const { m, k, n, transposeA, transposeB, outShape, pairs } = problemOf(a, b, attrs);
  const [aStart, bStart] = [addressOf(backend, a) / 4, addressOf(backend, b) / 4];
  const out = backend.makeOutput(outShape, 'int32');
  const outStart = addressOf(backend, out) / 4;
  const heap = backend.wasm.HEAP32;
  const [aRow, aInner] = transposeA ? [1, m] : [k, 1];
  const [bInner, bColumn] = transposeB ? [1, k] : [n, 1];
  pairs.forEach(([i, j], p) => {
    const [left, right, to] = [aStart + i * m * k, bStart + j * k * n, outStart + p * m * n];
    for (let row = 0; row < m; row++) {
      for (let column = 0; column < n; column++) {
        let sum = 0;
        for (let inner = 0; inner < k; inner++) {
          const factor = heap[left + row * aRow + inner * aInner]!;
          sum = (sum + Math.imul(factor, heap[right + inner * bInner + column * bColumn]!)) | 0;
        }
        heap[to + row * n + column] = sum;
      }
    }
  });
  return out;
}

/** XNNPACK multiplies plain matrices only, so the smaller of the two that could be transposed is. */
function product(backend: WasmBackend, problem: Problem, a: number, b: number, out: number): void {
  const { m, k, n, transposeA, transposeB } = problem;
  const simd = simdOf(backend);
  const timesAt = (left: number, right: number, to: number, rows: number, inner: number, cols: number) => {
    const view = openView(backend, right, inner * cols);
    xnnpackProduct(backend, left, view, to, rows, inner, cols);
    closeView(backend, view);
  };
  if (!transposeA && !transposeB) {
    timesAt(a, b, out, m, k, n);
  } else if (transposeA) {
    // aᵀbᵀ = (ba)ᵀ
    withTransposed(backend, out, n, m, (ba) => timesAt(b, a, ba, n, k, m));
  } else if (m <= n) {
    // abᵀ = (baᵀ)ᵀ
    withTransposed(backend, out, n, m, (baT) => {
      if (m === 1) {
        timesAt(b, a, baT, n, k, m);
        return;
      }
      withScratch(backend, m * k * 4, (aT) => {
        simd.transposeBlock(a, aT, m, k, k * 4, m * 4);
        timesAt(b, aT, baT, n, k, m);
      });
    });
  } else {
    withScratch(backend, n * k * 4, (bT) => {
      simd.transposeBlock(b, bT, n, k, k * 4, n * 4);
      timesAt(a, bT, out, m, k, n);
    });
  }
}

/** Lets `fill` write a [rows, cols] matrix and leaves its transpose at `out`. */
function withTransposed(
  backend: WasmBackend,
  out: number,
  rows: number,
  cols: number,
  fill: (address: number) => void,
): void {
  if (rows === 1 || cols === 1) {
    fill(out);
    return;
  }
  withScratch(backend, rows * cols * 4, (address) => {
    fill(address);
    simdOf(backend).transposeBlock(address, out, rows, cols, cols * 4, rows * 4);
  });
}

/** out [m, n] = aᵀ b for a [k, m], b [k, n]: the filter gradient of a 1x1 convolution over k pixels. */
function transposedTimes(
  backend: WasmBackend,
  a: number,
  b: number,
  out: number,
  k: number,
  m: number,
  n: number,
): void {
  const values = [a, b, out, 1, 1, k, m, 1, k, n, 1, 1, 1, 1, 1, 1, 0, 0];
  runInParts(backend, 'conv2dBackpropFilter', values, { size: n, cost: k * m, grain: 8 });
}

function problemOf(a: TensorInfo, b: TensorInfo, { transposeA, transposeB }: MatMulAttrs): Problem {
  const [k, m] = transposeA ? [a.shape.at(-2)!, a.shape.at(-1)!] : [a.shape.at(-1)!, a.shape.at(-2)!];
  const [n, inner] = transposeB ? [b.shape.at(-2)!, b.shape.at(-1)!] : [b.shape.at(-1)!, b.shape.at(-2)!];
  util.assert(
    k === inner,
    () =>
      `Error in matMul: inner shapes (${k}) and (${inner}) of Tensors with shapes ${a.shape} and ${b.shape} and ` +
      `transposeA=${transposeA} and transposeB=${transposeB} must match.`,
  );
  const aBatch = a.shape.slice(0, -2);
  const bBatch = b.shape.slice(0, -2);
  const batch = broadcast_util.assertAndGetBroadcastShape(aBatch, bBatch);
  const pairs = Array.from({ length: util.sizeFromShape(batch) }, (_, index): [number, number] => [
    broadcastIndex(index, batch, aBatch),
    broadcastIndex(index, batch, bBatch),
  ]);
  return { m, k, n, transposeA, transposeB, outShape: [...batch, m, n], pairs };
}

/** Where element `index` of a tensor of shape `to` comes from in one of shape `from` that was broadcast to it. */
function broadcastIndex(index: number, to: readonly number[], from: readonly number[]): number {
  let rest = index;
  let source = 0;
  let step = 1;
  for (let axis = 1; axis <= to.length; axis++) {
    const size = to.at(-axis)!;
    const position = rest % size;
    rest = Math.floor(rest / size);
    const own = axis <= from.length ? from.at(-axis)! : 1;
    source += (own === 1 ? 0 : position) * step;
    step *= own;
  }
  return source;
}

const operatorShapes = new WeakMap<DataId, string>();

/**
 * tfjs keeps the XNNPACK operator of a right factor under its data alone, so the same data in another shape would be
 * multiplied in the first shape. Such a factor gets an id, and so an operator, of its own for this call.
 */
function withOwnOperator<T>(backend: WasmBackend, factor: TensorInfo, use: (factor: TensorInfo) => T): T {
  const shape = factor.shape.slice(-2).join('x');
  const first = operatorShapes.get(factor.dataId) ?? shape;
  operatorShapes.set(factor.dataId, first);
  if (first === shape) return use(factor);
  const entry = backend.dataIdMap.get(factor.dataId);
  const view = openView(backend, entry.memoryOffset, util.sizeFromShape(factor.shape));
  const dataId = {};
  backend.dataIdMap.set(dataId, { ...entry, id: view.id });
  try {
    return use({ ...factor, shape: factor.shape, dtype: factor.dtype, dataId });
  } finally {
    backend.dataIdMap.delete(dataId);
    closeView(backend, view);
  }
}

/** The same bias under an entry that says it has one dimension. */
function withFlatShape<T>(backend: WasmBackend, bias: TensorInfo, use: (bias: TensorInfo) => T): T {
  const entry = backend.dataIdMap.get(bias.dataId);
  if (entry.shape.length === 1) return use(bias);
  const shape = [util.sizeFromShape(bias.shape)];
  const dataId = {};
  backend.dataIdMap.set(dataId, { ...entry, shape });
  try {
    return use({ dataId, shape, dtype: bias.dtype });
  } finally {
    backend.dataIdMap.delete(dataId);
  }
}
