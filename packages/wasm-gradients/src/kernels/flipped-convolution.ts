import { runInParts } from '../parts.ts';
import { simdOf } from '../simd.ts';
import { addressOf, allocate, closeView, openView, type View, type WasmBackend } from '../wasm-backend.ts';
import { type InputGradient, type Plan, roundUpToTile } from './input-gradient.ts';
import { weightsOfFilter } from './weights-of-filter.ts';

/** The input gradient as one convolution of dy with the flipped filter, by XNNPACK. */
export function flippedConvolution(gradient: InputGradient): Plan {
  const { batch, height, width, inChannels, outHeight, outWidth, outChannels } = gradient;
  const { filterHeight, filterWidth, strideHeight, strideWidth, padTop, padLeft } = gradient;
  const rows = phaseTaps(filterHeight, strideHeight, padTop, height, outHeight);
  const cols = phaseTaps(filterWidth, strideWidth, padLeft, width, outWidth);
  const channels = strideHeight * strideWidth * inChannels;
  const pixels = batch * rows.size * cols.size;

  const run: Plan['run'] = (backend, dx) => {
    const filter = phaseFilterOf(backend, gradient, rows, cols);
    const dyId = backend.dataIdMap.get(gradient.dy.dataId).id;
    const convolve = (outId: number) =>
      conv2D(backend)(
        dyId,
        batch,
        outHeight,
        outWidth,
        filter.id,
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
      return;
    }
    const grid = openView(backend, allocate(backend, pixels * channels * 4), pixels * channels);
    convolve(grid.id);
    const values = [grid.address, addressOf(backend, dx), rows.size, cols.size, strideHeight, strideWidth, inChannels];
    values.push(height, width);
    runInParts(backend, 'depthToSpace', values, { size: batch, cost: height * width * inChannels });
    closeView(backend, grid);
    backend.wasm._free(grid.address);
  };
  return { cost: pixels * rows.taps * cols.taps * outChannels * roundUpToTile(channels), run };
}

/** Along one axis: which filter tap reaches an input position of each phase from each of the neighboring outputs. */
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

function phaseFilterOf(backend: WasmBackend, gradient: InputGradient, rows: PhaseTaps, cols: PhaseTaps): View {
  const { filter, filterWidth, inChannels, outChannels, strideHeight, strideWidth } = gradient;
  const key = [filter.shape, strideHeight, strideWidth, rows.filterTap, cols.filterTap].join(';');
  const size = rows.taps * cols.taps * outChannels * strideHeight * strideWidth * inChannels;
  return weightsOfFilter(backend, filter, key, size, (filterAddress, address) => {
    const tables = allocate(backend, (rows.filterTap.length + cols.filterTap.length) * 4);
    backend.wasm.HEAP32.set(rows.filterTap, tables >>> 2);
    backend.wasm.HEAP32.set(cols.filterTap, (tables >>> 2) + rows.filterTap.length);
    simdOf(backend).phaseFilter(
      filterAddress,
      address,
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
  });
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
