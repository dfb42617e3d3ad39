import type { Tensor, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { checker } from './check.ts';

/** How values become brightness: by the range of all images, of each image, or by distance from zero. */
export type Normalization = 'global' | 'each' | 'zero-centered';

/**
 * Scales images to [0, 1].
 *
 * - `global`: (x - min) / (max - min) over all images: their relative strength stays visible.
 * - `each`: the same over each image: the structure of weak images becomes visible.
 * - `zero-centered`: 0.5 + x / (2 max|x|) over all images: mid gray is zero.
 *
 * What has no range (a constant image, or all zeros) becomes 0.5, and so does what is not finite, which counts for no range.
 *
 * @param images `[n, h, w, c]`.
 * @returns `[n, h, w, c]` in [0, 1]. The caller disposes.
 */
export function normalizeImages(images: Tensor4D, normalization: Normalization): Tensor4D {
  const check = checker('@cnnviz/internal', 'normalizeImages');
  check.images('images', images);
  check.oneOf('normalization', normalization, ['global', 'each', 'zero-centered']);
  return tf.tidy(() => {
    const finite = tf.isFinite(images);
    const or = (value: number) => tf.where(finite, images, value);
    if (normalization === 'zero-centered') {
      const centered = or(0);
      const largest = tf.max(tf.abs(centered));
      return tf.add(0.5, tf.div(centered, tf.mul(2, tf.add(largest, isZero(largest))))) as Tensor4D;
    }
    const axes = normalization === 'each' ? [1, 2, 3] : [0, 1, 2, 3];
    const min = tf.min(or(largestFloat), axes, true);
    // Not below 0, as it would be where nothing is finite.
    const range = tf.relu(tf.sub(tf.max(or(-largestFloat), axes, true), min));
    const scaled = tf.div(tf.sub(images, min), tf.add(range, isZero(range)));
    return tf.where(finite, tf.add(scaled, tf.mul(0.5, isZero(range))), 0.5) as Tensor4D;
  });
}

/** The largest finite float32. */
const largestFloat = 3.4028234663852886e38;

function isZero(tensor: Tensor): Tensor {
  return tf.cast(tf.equal(tensor, 0), 'float32');
}

export interface TileGridOptions {
  /** Tiles in a row, at most as many as there are tiles. Default: the smallest square that holds all. */
  columns?: number;
  /** Rows of tiles. Default: as many as are needed. */
  rows?: number;
  /** Pixels between tiles. Default: 1. */
  padding?: number;
  /** Where else the padding goes: `none`, `around` the grid (as torchvision does), or `after` the last row and column (as Caffe does). Default: `none`. */
  border?: 'none' | 'around' | 'after';
  /** Gray level or [r, g, b] in [0, 1] of the padding and of missing tiles. Default: 1, white. */
  background?: number | readonly [r: number, g: number, b: number];
}

/**
 * Lays tiles out in a grid, row by row.
 *
 * @param tiles `[n, h, w, 3]`, or `[n, h, w, 1]` for gray, in [0, 1].
 * @returns A picture `[height, width, 3]` in [0, 1]. The caller disposes.
 *
 * @example
 * const tiles = tf.zeros([96, 11, 11, 3]);
 * tileGrid(tiles, { columns: 10, padding: 2, border: 'around', background: 0 }).shape; // [132, 132, 3]
 */
export function tileGrid(tiles: Tensor4D, options: TileGridOptions = {}): Tensor3D {
  const check = checker('@cnnviz/internal', 'tileGrid');
  const [count, height, width, channels] = check.images('tiles', tiles).shape;
  if (count === 0 || (channels !== 1 && channels !== 3)) {
    check.fail('range', 'tiles', 'a tensor [n, h, w, 1 or 3] with n >= 1', tiles);
  }
  const { padding = 1, border = 'none', background = 1 } = options;
  check.number('padding', padding, { integer: true, min: 0 });
  check.oneOf('border', border, ['none', 'around', 'after']);
  const color = typeof background === 'number' ? [background, background, background] : [...background];
  for (const level of color) check.number('background', level, { min: 0, max: 1 });
  if (color.length !== 3) check.fail('range', 'background', 'a gray level or [r, g, b]', background);
  const columns = Math.min(
    count,
    check.number('columns', options.columns ?? Math.ceil(Math.sqrt(count)), { integer: true, min: 1 }),
  );
  const rowsNeeded = Math.ceil(count / columns);
  const rows = check.number('rows', options.rows ?? rowsNeeded, { integer: true, min: rowsNeeded });

  const before = border === 'around' ? padding : 0;
  const surplus = border === 'none' ? padding : 0;
  const gridHeight = rows * (height + padding) - surplus;
  const gridWidth = columns * (width + padding) - surplus;

  /** Zero wherever no tile is. */
  const layOut = (images: Tensor4D): Tensor3D => {
    const cells = tf.pad(images, [
      [0, rows * columns - count],
      [0, padding],
      [0, padding],
      [0, 0],
    ]);
    const cellRow = (width + padding) * 3;
    const rowsOfCells = tf.reshape(cells, [rows, columns, height + padding, cellRow]);
    const grid: Tensor3D = tf.reshape(tf.transpose(rowsOfCells, [0, 2, 1, 3]), [
      rows * (height + padding),
      columns * (width + padding),
      3,
    ]);
    return tf.pad(tf.slice(grid, 0, [gridHeight, gridWidth, 3]), [
      [before, 0],
      [before, 0],
      [0, 0],
    ]);
  };

  return tf.tidy(() => {
    const uncovered = tf.sub(1, layOut(tf.ones([count, height, width, 3])));
    const colored = channels === 1 ? tf.tile(tiles, [1, 1, 1, 3]) : tiles;
    return tf.add(layOut(colored), tf.mul(uncovered, tf.tensor1d(color))) as Tensor3D;
  });
}

/**
 * Repeats each pixel `factor` times both ways: nearest neighbor, so that pixels stay what they were.
 *
 * @param picture `[h, w, c]`.
 * @param factor A whole number >= 1.
 * @returns `[h * factor, w * factor, c]`. The caller disposes.
 */
export function enlarge(picture: Tensor3D, factor: number): Tensor3D {
  const check = checker('@cnnviz/internal', 'enlarge');
  const [height, width, channels] = check.tensor<tf.Rank.R3>('picture', picture, { rank: 3 }).shape;
  check.number('factor', factor, { integer: true, min: 1 });
  return tf.tidy(() => {
    const wider = tf.tile(tf.reshape(picture, [height, width, 1, channels]), [1, 1, factor, 1]);
    const taller = tf.tile(tf.reshape(wider, [height, 1, width * factor * channels]), [1, factor, 1]);
    return tf.reshape(taller, [height * factor, width * factor, channels]);
  });
}
