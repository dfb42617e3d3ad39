import { takeRows } from '@cnnviz/internal';
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { View } from './transform.ts';

/**
 * What a window shows of each image, bilinear between pixels; around the images everything is `fill`.
 *
 * Differentiable on every backend: both the images and their gradient are gathered, each pixel from those that it has a
 * share in. tfjs has no gradient for `transform` or `gatherND`, and a scattered sum has another order on each run of a
 * GPU.
 *
 * @param images `[n, h, w, c]`.
 * @returns `[n, view.height, view.width, c]`.
 */
export function resample(images: Tensor4D, view: View, fill: number): Tensor4D {
  const [, height, width] = images.shape;
  if (isWhole(view, height, width)) return tf.clone(images);
  const { shares, isInside } = sharesOf(view, height, width);
  const differentiable = tf.customGrad<Tensor4D>((input) => ({
    value: gatherShares(input as Tensor4D, shares, view.height, view.width),
    gradFunc: (upstream: Tensor) =>
      gatherShares(upstream as Tensor4D, transposed(shares, height * width), height, width),
  }));
  if (isInside || fill === 0) return differentiable(images);
  // What lies outside is 0, and 0 is the gray.
  return tf.tidy(() => tf.add(differentiable(tf.sub(images, fill)), fill));
}

function isWhole({ height, width, xx, xy, x0, yx, yy, y0 }: View, imageHeight: number, imageWidth: number): boolean {
  const isSize = height === imageHeight && width === imageWidth;
  return isSize && xx === 1 && xy === 0 && x0 === 0 && yx === 0 && yy === 1 && y0 === 0;
}

/** Which pixels there are in each pixel of a result, and how much they count there. */
interface Shares {
  /** The number of sources per pixel, some of which may count 0. */
  readonly each: number;
  /** First one of each pixel, then the next of each: `[each * pixels]`. */
  readonly sources: Int32Array;
  readonly weights: Float32Array;
}

/** Smaller shares are rounding. */
const LEAST_SHARE = 1e-6;

/** The weights of the image's pixels in those of the window. */
function sharesOf(view: View, height: number, width: number): { shares: Shares; isInside: boolean } {
  const pixels = view.height * view.width;
  const sources = new Int32Array(4 * pixels);
  const weights = new Float32Array(4 * pixels);
  let isInside = true;
  let each = 1;
  for (let y = 0, pixel = 0; y < view.height; y++) {
    for (let x = 0; x < view.width; x++, pixel++) {
      const sourceX = view.xx * x + view.xy * y + view.x0;
      const sourceY = view.yx * x + view.yy * y + view.y0;
      const left = Math.floor(sourceX + LEAST_SHARE);
      const top = Math.floor(sourceY + LEAST_SHARE);
      const restX = Math.max(0, sourceX - left);
      const restY = Math.max(0, sourceY - top);
      let used = 0;
      let within = 0;
      for (let corner = 0; corner < 4; corner++) {
        const column = left + (corner & 1);
        const row = top + (corner >> 1);
        if (column < 0 || row < 0 || column >= width || row >= height) continue;
        const weight = (corner & 1 ? restX : 1 - restX) * (corner >> 1 ? restY : 1 - restY);
        if (weight < LEAST_SHARE) continue;
        within += weight;
        const place = used++ * pixels + pixel;
        sources[place] = row * width + column;
        weights[place] = weight;
      }
      if (used > each) each = used;
      if (within < 1 - LEAST_SHARE) isInside = false;
    }
  }
  return { shares: firstOfEach(each, pixels, sources, weights), isInside };
}

/** The same the other way around: as many of each pixel as the pixel has that counts in the most. */
function transposed({ each, sources, weights }: Shares, pixels: number): Shares {
  const counts = new Uint16Array(pixels);
  let most = 1;
  for (let share = 0; share < sources.length; share++) {
    if (weights[share] === 0) continue;
    const count = ++counts[sources[share]!]!;
    if (count > most) most = count;
  }
  const targets = sources.length / each;
  const theirSources = new Int32Array(most * pixels);
  const theirWeights = new Float32Array(most * pixels);
  for (let share = 0; share < sources.length; share++) {
    if (weights[share] === 0) continue;
    const source = sources[share]!;
    const place = --counts[source]! * pixels + source;
    theirSources[place] = share % targets;
    theirWeights[place] = weights[share]!;
  }
  return { each: most, sources: theirSources, weights: theirWeights };
}

function firstOfEach(each: number, pixels: number, sources: Int32Array, weights: Float32Array): Shares {
  return { each, sources: sources.subarray(0, each * pixels), weights: weights.subarray(0, each * pixels) };
}

function gatherShares(images: Tensor4D, { each, sources, weights }: Shares, height: number, width: number): Tensor4D {
  const [count, oldHeight, oldWidth, channels] = images.shape;
  return tf.tidy(() => {
    const table: Tensor2D = tf.reshape(exchangeFirstTwo(images, count, oldHeight * oldWidth, channels), [
      oldHeight * oldWidth,
      count * channels,
    ]);
    const moved = takeRows(table, sources);
    const shares = tf.mul(moved, tf.tensor2d(weights, [weights.length, 1]));
    const sum = each === 1 ? shares : tf.sum(tf.reshape(shares, [each, -1]), 0);
    return tf.reshape(exchangeFirstTwo(sum, height * width, count, channels), [count, height, width, channels]);
  });
}

/** `[first, second, rest]` to `[second, first, rest]`. */
function exchangeFirstTwo(values: Tensor, first: number, second: number, rest: number): Tensor {
  return first === 1 || second === 1 ? values : tf.transpose(tf.reshape(values, [first, second, rest]), [1, 0, 2]);
}
