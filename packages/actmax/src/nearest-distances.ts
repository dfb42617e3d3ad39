import { type Batches, checker, type LongWork, reportProgress, throwIfAborted } from '@cnnviz/internal';
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

export interface NearestDistance {
  /** Root mean square difference of the pixels, in their units. */
  distance: number;
  /** Which image of the data set it is, from 0. */
  index: number;
}

/**
 * For each image the nearest of a data set: 0 says that it was learned by heart.
 *
 * Distances are computed in float32 from products of images, so that differences below about 1e-3 of the pixels' size
 * read as 0.
 *
 * @param images `[n, h, w, c]`.
 * @param batches Images of the same shape.
 * @throws RangeError if there is no image to compare with, or its shape differs.
 *
 * @example
 * import { nearestDistances } from '@cnnviz/actmax';
 *
 * const [nearest] = await nearestDistances(images, [images]);
 * console.log(nearest); // { distance: 0, index: 0 }
 */
export async function nearestDistances(
  images: Tensor4D,
  batches: Batches<Tensor4D>,
  work: LongWork<{ images: number }> = {},
): Promise<NearestDistance[]> {
  const check = checker('@cnnviz/actmax', 'nearestDistances');
  const [count, ...shape] = check.images('images', images).shape;
  throwIfAborted(work);
  const pixels = shape.reduce((product, size) => product * size, 1);
  const nearest = Array.from({ length: count }, () => ({ square: Number.POSITIVE_INFINITY, index: -1 }));
  let seen = 0;
  for await (const others of batches) {
    const [, ...otherShape] = check.images('batches', others).shape;
    if (String(otherShape) !== String(shape)) check.fail('range', 'batches', `of images [${shape.join(', ')}]`, others);
    const { smallest, places } = tf.tidy(() => {
      const squares = squaredDistances(rowsOf(images), rowsOf(others));
      return { smallest: tf.min(squares, 1), places: tf.argMin(squares, 1) };
    });
    try {
      const [values, indices] = [await smallest.data(), await places.data()];
      for (const [image, best] of nearest.entries()) {
        if (values[image]! >= best.square) continue;
        nearest[image] = { square: values[image]!, index: seen + indices[image]! };
      }
    } finally {
      tf.dispose([smallest, places]);
    }
    seen += others.shape[0];
    await reportProgress(work, { images: seen });
  }
  if (seen === 0) check.fail('range', 'batches', 'at least one image', []);
  return nearest.map(({ square, index }) => ({ distance: Math.sqrt(square / pixels), index }));
}

export function rowsOf(images: Tensor4D): Tensor2D {
  return tf.reshape(images, [images.shape[0], images.size / images.shape[0]]);
}

/** ‖a - b‖² of each row of a with each of b, `[a, b]`. */
export function squaredDistances(a: Tensor2D, b: Tensor2D): Tensor {
  const squares = (rows: Tensor2D) => tf.sum(tf.square(rows), 1, true);
  const products = tf.matMul(a, b, false, true);
  // Rounding can leave a little less than nothing.
  return tf.relu(tf.add(tf.sub(squares(a), tf.mul(products, 2)), tf.transpose(squares(b))));
}
