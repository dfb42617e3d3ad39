import type { Check } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { type Encoding, requireEncoding } from './encoding.ts';

/** An encoding whose genomes are images. */
export interface ImageEncoding<G> extends Encoding<G> {
  /** The shape of the images that evolve, `[h, w, c]`. */
  readonly shape: readonly [height: number, width: number, channels: number];
  /**
   * Renders genomes as images `[n, h, w, c]` in [0, 1]. The caller disposes.
   *
   * @param size Of the images. Default: that of `shape`.
   */
  render(genomes: readonly G[], size?: readonly [height: number, width: number]): Tensor4D;
}

/** Throws unless it has what every encoding of images has. */
export function requireImageEncoding<G>(check: Check, encoding: ImageEncoding<G>): ImageEncoding<G> {
  requireEncoding(check, encoding);
  check.callable('encoding.render', encoding.render);
  check.shape('encoding.shape', encoding.shape, 3);
  return encoding;
}

/** What an encoding renders, which may be one of the caller's own: throws unless there is an image of each genome. */
export function rendered<G>(
  check: Check,
  encoding: ImageEncoding<G>,
  genomes: readonly G[],
  size?: readonly [height: number, width: number],
): Tensor4D {
  const images = check.images('what encoding.render returns', encoding.render(genomes, size));
  if (images.shape[0] === genomes.length) return images;
  return check.fail('range', 'what encoding.render returns', `${genomes.length} images`, images);
}
