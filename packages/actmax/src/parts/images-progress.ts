import type { Batches } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';

/** How far a pass over a data set has come. */
export interface ImagesProgress {
  /** Images so far. */
  done: number;
  /** Images in all batches if they are an array; otherwise unknown in advance, and equal to `done`. */
  total: number;
}

/** Reports how far a pass over these batches has come. */
export function imagesProgress(batches: Batches<Tensor4D>): (done: number) => ImagesProgress {
  const all = Array.isArray(batches) ? batches.reduce((sum: number, images) => sum + (images?.shape?.[0] ?? 0), 0) : 0;
  return (done) => ({ done, total: Math.max(done, all) });
}
