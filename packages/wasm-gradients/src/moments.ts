import type { TensorInfo } from '@tensorflow/tfjs-core';
import { placeRows } from './affine.ts';
import { reserveForSums, sumRows } from './row-sums.ts';
import { addressOf, type DataId, type WasmBackend } from './wasm-backend.ts';

/** Σ (x - mean) and Σ (x - mean)² per channel, over all rows. */
type Sums = [Float64Array, Float64Array];

interface Moments {
  x: DataId;
  sums: Sums;
}

const moments = new WeakMap<DataId, Moments>();

/** With fewer rows, the guess would take as long as the mean. */
const FEWEST_ROWS = 64;
/** Rows whose mean is the guess of the mean of all. */
const GUESSED_FROM = 16;
/** Largest squared error of the guess, in variances; each costs the variance a rounding of 6e-8. */
const MOST_ERROR = 16;

/**
 * The mean over all rows of x, in that shape, or undefined for few rows or for outliers that need a more exact way. The sums for
 * the variance are kept as well, because `tf.moments` asks for the mean of (x - mean)² next: both come from one pass over x, around
 * a guess of the mean.
 */
export function meanOfRows(
  backend: WasmBackend,
  x: TensorInfo,
  shape: readonly number[],
  rows: number,
  channels: number,
): TensorInfo | undefined {
  if (rows < FEWEST_ROWS) return undefined;
  const from = addressOf(backend, x);
  const behind = reserveForSums(backend, channels, 4 * channels);
  const guess = guessOfMean(backend.wasm.HEAPF32, from / 4, rows, channels);
  placeRows(backend, behind, channels, [guess]);
  const [sums, squares] = sumRows(backend, { x: from, mean: behind }, rows, channels);
  const means = guess.map((value, channel) => value + sums[channel]! / rows);
  for (let channel = 0; channel < channels; channel++) {
    const error = means[channel]! - guess[channel]!;
    squares[channel]! += error * (rows * error - 2 * sums[channel]!);
    sums[channel]! -= rows * error;
    // Also true for NaN.
    if (!(rows * error ** 2 <= MOST_ERROR * squares[channel]!)) return undefined;
  }
  const mean = backend.makeOutput(shape, 'float32');
  backend.wasm.HEAPF32.set(means, addressOf(backend, mean) / 4);
  moments.set(mean.dataId, { x: x.dataId, sums: [sums, squares] });
  return mean;
}

function guessOfMean(heap: Float32Array, from: number, rows: number, channels: number): Float32Array {
  const guess = new Float64Array(channels);
  for (let i = 0; i < GUESSED_FROM; i++) {
    const row = from + Math.floor((i * rows) / GUESSED_FROM) * channels;
    for (let channel = 0; channel < channels; channel++) guess[channel]! += heap[row + channel]! / GUESSED_FROM;
  }
  return Float32Array.from(guess);
}

/** The sums of x about this mean, if it is the mean of x and they are known. */
export function sumsAbout(x: TensorInfo, mean: TensorInfo): Sums | undefined {
  const known = moments.get(mean.dataId);
  return known?.x === x.dataId ? known.sums : undefined;
}
