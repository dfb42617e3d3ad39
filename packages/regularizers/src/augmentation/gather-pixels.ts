import { takeRows } from '@cnnviz/internal';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** What stands outside of an image: 0, the edge's pixel, or the image mirrored at its edge pixel. */
export type Padding = 'zero' | 'edge' | 'reflect';

/** The position along an axis that `position` stands for, or -1 for none. */
export function paddedPosition(position: number, size: number, padding: Padding): number {
  if (position >= 0 && position < size) return position;
  if (padding === 'zero') return -1;
  if (padding === 'edge' || size === 1) return position < 0 ? 0 : size - 1;
  const period = 2 * (size - 1);
  const folded = ((position % period) + period) % period;
  return folded < size ? folded : period - folded;
}

/** Where the pixels of a batch come from. */
export interface PixelMoves {
  /** For each pixel of the result `[n, height, width]` its number among all pixels of the images; their count stands for 0. */
  readonly sources: Int32Array;
  readonly size: readonly [height: number, width: number];
  /** Whether there may be such a 0. */
  readonly outside: boolean;
}

/**
 * Makes images of the pixels of others. Has no gradient.
 */
export function gatherPixels(images: Tensor4D, { sources, size, outside }: PixelMoves): Tensor4D {
  const [count, oldHeight, oldWidth, channels] = images.shape;
  const pixels = count * oldHeight * oldWidth;
  return tf.tidy(() => {
    let table: Tensor2D = tf.reshape(images, [pixels, channels]);
    if (outside) table = tf.concat([table, tf.zeros([1, channels], images.dtype)] as Tensor2D[]);
    return tf.reshape(takeRows(table, sources), [count, size[0], size[1], channels]);
  });
}
