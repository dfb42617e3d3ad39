import {
  backend_util,
  Conv2DBackpropInput,
  type Conv2DBackpropInputAttrs,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { whenFreed } from '../deferred.ts';
import { simdOf } from '../simd.ts';
import { addressOf, allocate, closeView, type DataId, openView, type View, type WasmBackend } from '../wasm-backend.ts';
import { requireChannelsLast } from './channels-last.ts';
import { wasmKernel } from './kernel.ts';

/** The gradient with respect to a convolution's input, which is also the forward pass of a transposed convolution. */
export const conv2DBackpropInput = wasmKernel<{ dy: TensorInfo; filter: TensorInfo }, Conv2DBackpropInputAttrs>(
  Conv2DBackpropInput,
  ({ inputs: { dy, filter }, attrs, backend }) => {
    const { strides, pad, dataFormat, dimRoundingMode, inputShape } = attrs;
    requireChannelsLast(Conv2DBackpropInput, dataFormat);
    const filterShape = filter.shape as [number, number, number, number];
    const { padInfo, strideHeight, strideWidth } = backend_util.computeConv2DInfo(
      inputShape,
      filterShape,
      strides,
      1,
      pad,
      dimRoundingMode,
    );
    const [batch, height, width, inChannels] = inputShape;
    const [, outHeight, outWidth, outChannels] = dy.shape as [number, number, number, number];
    const rows = phaseTaps(filterShape[0], strideHeight, padInfo.top, height, outHeight);
    const cols = phaseTaps(filterShape[1], strideWidth, padInfo.left, width, outWidth);
    const channels = strideHeight * strideWidth * inChannels;
    const simd = simdOf(backend);

    const phases = phaseFilterOf(backend, filter, filterShape, strideHeight, strideWidth, rows, cols);
    const dyId = backend.dataIdMap.get(dy.dataId).id;
    const dx = backend.makeOutput(inputShape, 'float32');
    const convolve = (outId: number) =>
      conv2D(backend)(
        dyId,
        batch,
        outHeight,
        outWidth,
        phases.id,
        rows.taps,
        cols.taps,
        rows.padBefore,
        cols.padAfter,
        rows.padAfter,
        cols.padBefore,
        0,
        1,
        1,
        1,
        1,
        outChannels,
        channels,
        outId,
      );
    if (strideHeight === 1 && strideWidth === 1 && rows.size === height && cols.size === width) {
      convolve(backend.dataIdMap.get(dx.dataId).id);
      return dx;
    }
    const size = batch * rows.size * cols.size * channels;
    const grid = openView(backend, allocate(backend, size * 4), size);
    convolve(grid.id);
    simd.depthToSpace(
      grid.address,
      addressOf(backend, dx),
      0,
      batch,
      rows.size,
      cols.size,
      strideHeight,
      strideWidth,
      inChannels,
      height,
      width,
    );
    closeView(backend, grid);
    backend.wasm._free(grid.address);
    return dx;
  },
);

/** Along one axis: which filter tap reaches an input position of each phase from each of the neighbouring outputs. */
interface PhaseTaps {
  taps: number;
  /** [stride, taps]: filter tap, or -1. */
  filterTap: Int32Array;
  padBefore: number;
  padAfter: number;
  /** Positions of a phase: at least size / stride. */
  size: number;
}

/**
 * Input position i = o * stride + k - pad gets w[k] * dy[o]. For i = q * stride + r that is k = a + stride * t and
 * o = q + b - t, with a and b the remainder and quotient of (r + pad) / stride. So the positions q of every phase r
 * see the same few outputs around q, each phase through its own taps: one convolution of stride 1 with a phase in
 * each group of output channels.
 */
function phaseTaps(filterSize: number, stride: number, pad: number, inputSize: number, outputSize: number): PhaseTaps {
  let first = 0;
  let last = Number.NEGATIVE_INFINITY;
  for (let r = 0; r < stride; r++) {
    const b = Math.floor((r + pad) / stride);
    const most = Math.ceil((filterSize - ((r + pad) % stride)) / stride) - 1;
    if (most < 0) continue;
    first = Math.min(first, b - most);
    last = Math.max(last, b);
  }
  const taps = last - first + 1;
  const filterTap = new Int32Array(stride * taps).fill(-1);
  for (let r = 0; r < stride; r++) {
    const b = Math.floor((r + pad) / stride);
    for (let j = 0; j < taps; j++) {
      const t = b - (first + j);
      const k = ((r + pad) % stride) + stride * t;
      if (t >= 0 && k < filterSize) filterTap[r * taps + j] = k;
    }
  }
  const size = Math.max(Math.ceil(inputSize / stride), outputSize - first - taps + 1);
  return { taps, filterTap, padBefore: -first, padAfter: size - 1 + taps + first - outputSize, size };
}

const phaseFilters = new WeakMap<WasmBackend, Map<DataId, Map<string, View>>>();

/** Made once for the data of each filter, and freed with it: frozen weights are transposed once, not on every call. */
function phaseFilterOf(
  backend: WasmBackend,
  filter: TensorInfo,
  [, filterWidth, inChannels, outChannels]: readonly [number, number, number, number],
  strideHeight: number,
  strideWidth: number,
  rows: PhaseTaps,
  cols: PhaseTaps,
): View {
  let ofBackend = phaseFilters.get(backend);
  if (ofBackend === undefined) {
    ofBackend = new Map();
    phaseFilters.set(backend, ofBackend);
  }
  const filterAddress = addressOf(backend, filter);
  let ofFilter = ofBackend.get(filter.dataId);
  if (ofFilter === undefined) {
    const made = new Map<string, View>();
    const owners = ofBackend;
    owners.set(filter.dataId, made);
    whenFreed(backend, filter.dataId, () => {
      for (const view of made.values()) {
        closeView(backend, view);
        backend.wasm._free(view.address);
      }
      owners.delete(filter.dataId);
    });
    ofFilter = made;
  }
  const key = [filter.shape, strideHeight, strideWidth, rows.filterTap, cols.filterTap].join(';');
  const existing = ofFilter.get(key);
  if (existing !== undefined) return existing;

  const size = rows.taps * cols.taps * outChannels * strideHeight * strideWidth * inChannels;
  const view = openView(backend, allocate(backend, size * 4), size);
  const tables = allocate(backend, (rows.filterTap.length + cols.filterTap.length) * 4);
  backend.wasm.HEAP32.set(rows.filterTap, tables >>> 2);
  backend.wasm.HEAP32.set(cols.filterTap, (tables >>> 2) + rows.filterTap.length);
  simdOf(backend).phaseFilter(
    filterAddress,
    view.address,
    tables,
    tables + rows.filterTap.length * 4,
    rows.taps,
    cols.taps,
    strideHeight,
    strideWidth,
    filterWidth,
    inChannels,
    outChannels,
  );
  backend.wasm._free(tables);
  ofFilter.set(key, view);
  return view;
}

const convolutions = new WeakMap<WasmBackend, (...values: unknown[]) => void>();

function conv2D(backend: WasmBackend): (...values: unknown[]) => void {
  let call = convolutions.get(backend);
  if (call === undefined) {
    call = backend.wasm.cwrap('Conv2D', null, new Array(19).fill('number'));
    convolutions.set(backend, call);
  }
  return call;
}
