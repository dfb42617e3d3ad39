import {
  type Batches,
  type Check,
  checker,
  type LongWork,
  reportProgress,
  requireBatches,
  requireLongWork,
  throwIfAborted,
} from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { type ImagesProgress, imagesProgress } from '../parts/images-progress.ts';

export interface NearestDistance {
  /** Root mean square difference of the pixels, in their units. */
  distance: number;
  /** Which image of the data set it is, from 0. */
  index: number;
}

/**
 * Finds the nearest image of a data set for each image: a distance of 0 means that it was memorized.
 *
 * Distances are computed from the differences of pixels in double precision, so that they are exact for nearly equal
 * images. A comparison ends as soon as it is farther than the nearest so far.
 *
 * @param images `[n, h, w, c]`.
 * @param batches Images of the same shape.
 * @returns The nearest image and its distance, for each of `images`; plain data.
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
  work: LongWork<ImagesProgress> = {},
): Promise<NearestDistance[]> {
  const check = checker('@cnnviz/actmax', 'nearestDistances');
  return distancesTo(check, images, batches, work);
}

/** `nearestDistances` under the name of the function that was called. */
export async function distancesTo(
  check: Check,
  images: Tensor4D,
  batches: Batches<Tensor4D>,
  work: LongWork<ImagesProgress>,
  name = 'batches',
): Promise<NearestDistance[]> {
  requireLongWork(check, check.options(work));
  requireBatches(check, name, batches);
  const [count, ...shape] = check.images('images', images).shape;
  throwIfAborted(work);
  const progressAt = imagesProgress(batches);
  const pixels = shape.reduce((product, size) => product * size, 1);
  const nearest = Array.from({ length: count }, () => ({ square: Number.POSITIVE_INFINITY, index: -1 }));
  const rows = await imageRows(images);
  let seen = 0;
  for await (const others of batches) {
    const [, ...otherShape] = check.images(name, others).shape;
    if (String(otherShape) !== String(shape)) check.fail('range', name, `of images [${shape.join(', ')}]`, others);
    for (const [index, other] of (await imageRows(others)).entries()) {
      for (const [image, best] of nearest.entries()) {
        const square = squaredDistance(rows[image]!, other, best.square);
        if (square < best.square) nearest[image] = { square, index: seen + index };
      }
    }
    seen += others.shape[0];
    await reportProgress(work, progressAt(seen));
  }
  if (seen === 0) check.fail('range', name, 'at least one image', []);
  return nearest.map(({ square, index }) => ({ distance: Math.sqrt(square / pixels), index }));
}

/** The pixels of each image. */
export async function imageRows(images: Tensor4D): Promise<Float32Array[]> {
  const values = await images.data<'float32'>();
  const pixels = images.size / images.shape[0];
  return Array.from({ length: images.shape[0] }, (_, image) => values.subarray(image * pixels, (image + 1) * pixels));
}

/** Pixels after which a distance is compared with the limit. */
const stretch = 256;

/** ‖a - b‖², or some number above `limit` if it is above that. */
export function squaredDistance(a: Float32Array, b: Float32Array, limit = Number.POSITIVE_INFINITY): number {
  let sum = 0;
  for (let start = 0; start < a.length && sum <= limit; start += stretch) {
    const end = Math.min(a.length, start + stretch);
    for (let pixel = start; pixel < end; pixel++) sum += (a[pixel]! - b[pixel]!) ** 2;
  }
  return sum;
}
