import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Encoding } from './encoding.ts';

/** An encoding whose genomes are images. */
export interface ImageEncoding<G> extends Encoding<G> {
  /** Of the images that evolve. */
  readonly shape: readonly [height: number, width: number, channels: number];
  /**
   * The images `[n, h, w, c]` in [0, 1] of genomes. The caller disposes.
   *
   * @param size Of the images. Default: `shape`.
   */
  render(genomes: readonly G[], size?: { height: number; width: number }): Tensor4D;
}
