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

/**
 * Images made of the pixels of others.
 *
 * By `tf.gatherND`, which all backends have and which copies whole pixels; wasm's `tf.gather` takes a hundred times as
 * long. It has no gradient.
 *
 * @param sources For each pixel of the result `[n, height, width]` its number among all pixels of `images`, or -1 for 0.
 */
export function gatherPixels(images: Tensor4D, sources: Int32Array, [height, width]: readonly number[]): Tensor4D {
  const [count, oldHeight, oldWidth, channels] = images.shape;
  const pixels = count * oldHeight * oldWidth;
  return tf.tidy(() => {
    let table: Tensor2D = tf.reshape(images, [pixels, channels]);
    if (sources.includes(-1)) {
      table = tf.concat([table, tf.zeros([1, channels], images.dtype)] as Tensor2D[]);
      for (let i = 0; i < sources.length; i++) if (sources[i] === -1) sources[i] = pixels;
    }
    const gathered = tf.gatherND(table, tf.tensor2d(sources, [sources.length, 1], 'int32'));
    return tf.reshape(gathered, [count, height!, width!, channels]);
  });
}
