import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { joinParts, takeImages } from './take-images.ts';

/**
 * The batch with other images at some of its places. The caller disposes it, and what was passed in.
 *
 * @param replacements Its image `rows[i]` goes to `places[i]`.
 */
export function replaceImages(
  images: Tensor4D,
  places: readonly number[],
  replacements: Tensor4D,
  rows: readonly number[],
): Tensor4D {
  const kept = Array.from({ length: images.shape[0] }, (_, place) => place).filter((place) => !places.includes(place));
  return tf.tidy(() =>
    joinParts([
      ...(rows.length > 0 ? [{ places, images: takeImages(replacements, rows) }] : []),
      ...(kept.length > 0 ? [{ places: kept, images: takeImages(images, kept) }] : []),
    ]),
  );
}
