import type { Batches } from '@cnnviz/internal';

/** The number of batches where it is known in advance, as that of an array is; otherwise `seen`. */
export function countBatches(batches: Batches<unknown>, seen: number): number {
  return Array.isArray(batches) ? batches.length : seen;
}
