import { type Bounds, type Check, tileGrid, warnOfOutside } from '@cnnviz/internal';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

export interface TiledBatchesOptions {
  /** The range of a pixel, which becomes black and white. Pixels outside are clipped, and a warning appears later. */
  bounds: Bounds;
  /** White pixels between images. Default: 1. */
  padding?: number;
}

/** Batches of images as a picture: a row for each, or a column. */
export function tiledBatches(
  check: Check,
  name: string,
  batches: readonly Tensor4D[],
  options: TiledBatchesOptions,
  each: 'row' | 'column',
): Tensor3D {
  check.options(options);
  const bounds = check.bounds('bounds', options.bounds);
  const [min, max] = bounds;
  const padding = check.number('padding', options.padding ?? 1, { integer: true, min: 0 });
  if (!Array.isArray(batches)) check.fail('type', name, 'a list of tensors [n, h, w, c]', batches);
  const [first] = batches;
  if (first === undefined) return check.fail('range', name, 'at least one tensor [n, h, w, c]', batches);
  const [count, height, width, channels] = check.images(`${name}[0]`, first).shape;
  if (count === 0 || (channels !== 1 && channels !== 3)) {
    check.fail('range', `${name}[0]`, 'images [n, h, w, 1 or 3] with n >= 1', first);
  }
  for (const [index, batch] of batches.entries()) {
    if (check.images(`${name}[${index}]`, batch).shape.some((size, axis) => size !== first.shape[axis])) {
      check.fail('range', `${name}[${index}]`, `of the shape of the first, [${first.shape}]`, batch);
    }
  }
  for (const [index, batch] of batches.entries()) warnOfOutside(check, `${name}[${index}]`, batch, bounds, batch);
  return tf.tidy(() => {
    const tiles =
      each === 'row' ? tf.concat([...batches]) : tf.reshape(tf.stack([...batches], 1), [-1, height, width, channels]);
    const columns = each === 'row' ? count : batches.length;
    return tileGrid(tf.clipByValue(tf.div(tf.sub(tiles, min), max - min), 0, 1) as Tensor4D, { columns, padding });
  });
}
