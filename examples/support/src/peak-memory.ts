import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';

/** In bytes. */
export interface PeakMemory {
  /** Of the whole process. */
  resident: number;
  /** Of the wasm backend, which never gives back what it has taken; 0 on others. */
  wasmHeap: number;
}

/** What this process had at most until now. */
export function peakMemory(): PeakMemory {
  const { wasm } = (tf.getBackend() ? tf.backend() : {}) as { wasm?: { HEAPU8: Uint8Array } };
  // In kilobytes on all systems: libuv sees to that.
  return { resident: 1024 * process.resourceUsage().maxRSS, wasmHeap: wasm?.HEAPU8.length ?? 0 };
}

/** This process will leave in a folder, when it ends, a file of JSON with what it had at most. */
export function leavePeakMemory(folder: string): void {
  process.once('exit', () => writeFileSync(join(folder, `${process.pid}.json`), JSON.stringify(peakMemory())));
}

/** `412 MB, 60 MB of it the wasm heap`. */
export function peakMemoryText({ resident, wasmHeap }: PeakMemory): string {
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
  return wasmHeap === 0 ? megabytes(resident) : `${megabytes(resident)}, ${megabytes(wasmHeap)} of it the wasm heap`;
}
