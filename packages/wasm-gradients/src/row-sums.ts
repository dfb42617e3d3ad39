import type { Interval } from './interval.ts';
import { runInParts } from './parts.ts';
import { reserveWorkspace, type WasmBackend, workspaceOf } from './wasm-backend.ts';

/** Number of blocks of rows that are summed separately. */
const CHUNKS = 8;
/** Number of sums per channel. */
const SUMS = 2;

/** Makes room for {@link sumRows} in the workspace, and for `bytes` more bytes after it, and returns their address. */
export function reserveForSums(backend: WasmBackend, channels: number, bytes = 0): number {
  const ours = 8 * SUMS * CHUNKS * channels;
  reserveWorkspace(backend, ours + bytes);
  return workspaceOf(backend) + ours;
}

/** Addresses of the inputs of {@link sumRows}. */
export interface Summed {
  dy?: number;
  x: number;
  mean: number;
  /** Sums dy only where (x - mean) * factor + offset is in the interval. */
  gate?: (Interval & { factor: number; offset: number }) | undefined;
}

const open = { factor: 0, offset: 0, low: 0, high: 0, closed: false };

/** Σ dy and Σ dy * (x - mean) per channel over all rows, or without dy Σ (x - mean) and Σ (x - mean)², in double precision. */
export function sumRows(
  backend: WasmBackend,
  { dy = 0, x, mean, gate = open }: Summed,
  rows: number,
  channels: number,
): [Float64Array, Float64Array] {
  const at = workspaceOf(backend);
  const { factor, offset, low, high, closed } = gate;
  const values = [dy, x, mean, factor, offset, low, high, closed ? 1 : 0, at, rows, channels, CHUNKS];
  runInParts(backend, 'deviationSums', values, { size: CHUNKS, cost: (SUMS * rows * channels) / CHUNKS });
  const size = SUMS * channels;
  const ofChunks = new Float64Array(backend.wasm.HEAPF32.buffer, at, CHUNKS * size);
  const totals = ofChunks.slice(0, size);
  for (let chunk = size; chunk < CHUNKS * size; chunk += size) {
    for (let i = 0; i < size; i++) totals[i]! += ofChunks[chunk + i]!;
  }
  return [totals.subarray(0, channels), totals.subarray(channels)];
}
