import { runInParts } from './parts.ts';
import { reserveWorkspace, type WasmBackend, workspaceOf } from './wasm-backend.ts';

/** Stretches of rows that are summed each on their own. */
const CHUNKS = 8;
/** For each channel. */
const SUMS = 2;

/** Makes room for {@link sumRows} in the workspace, and `bytes` bytes more behind it, whose address is returned. */
export function reserveForSums(backend: WasmBackend, channels: number, bytes = 0): number {
  const ours = 8 * SUMS * CHUNKS * channels;
  reserveWorkspace(backend, ours + bytes);
  return workspaceOf(backend) + ours;
}

/**
 * For each channel Σ dy and Σ dy * (x - mean) over all rows, in double precision, or Σ (x - mean) and Σ (x - mean)², all
 * given by their addresses.
 */
export function sumRows(
  backend: WasmBackend,
  { dy = 0, x, mean }: { dy?: number; x: number; mean: number },
  rows: number,
  channels: number,
): [Float64Array, Float64Array] {
  const at = workspaceOf(backend);
  runInParts(backend, 'deviationSums', [dy, x, mean, at, rows, channels, CHUNKS], {
    size: CHUNKS,
    cost: (SUMS * rows * channels) / CHUNKS,
  });
  const ofChunks = new Float64Array(backend.wasm.HEAPF32.buffer, at, SUMS * CHUNKS * channels);
  const totals = new Float64Array(SUMS * channels);
  for (let i = 0; i < ofChunks.length; i++) totals[i % totals.length]! += ofChunks[i]!;
  return [totals.subarray(0, channels), totals.subarray(channels)];
}
