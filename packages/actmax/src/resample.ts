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
  const shares = sharesOf(view, height, width);
  const differentiable = tf.customGrad<Tensor4D>((input) => ({
    value: gatherShares(input as Tensor4D, shares.forward, view.height, view.width),
    gradFunc: (upstream: Tensor) => gatherShares(upstream as Tensor4D, shares.backward(), height, width),
  }));
  return tf.tidy(() => {
    const inside = differentiable(images);
    if (shares.outside === undefined) return inside;
    const grey = shares.outside.map((share) => share * fill);
    return tf.add(inside, tf.tensor4d(grey, [1, view.height, view.width, 1])) as Tensor4D;
  });
}

function isWhole({ height, width, xx, xy, x0, yx, yy, y0 }: View, imageHeight: number, imageWidth: number): boolean {
  const isSize = height === imageHeight && width === imageWidth;
  return isSize && xx === 1 && xy === 0 && x0 === 0 && yx === 0 && yy === 1 && y0 === 0;
}

/** One pixel for each pixel of the result, and how much it counts there. */
interface Share {
  readonly sources: Int32Array;
  readonly weights: Float32Array;
}

interface Shares {
  /** Of the result's pixels in the image's. */
  readonly forward: readonly Share[];
  /** Of the image's pixels in the result's. */
  readonly backward: () => readonly Share[];
  /** How much of each pixel lies outside of the image; undefined where none does. */
  readonly outside: Float32Array | undefined;
}

/** Smaller shares are rounding. */
const LEAST_SHARE = 1e-6;

function sharesOf(view: View, height: number, width: number): Shares {
  const pixels = view.height * view.width;
  const corners = Array.from({ length: 4 }, () => ({
    sources: new Int32Array(pixels),
    weights: new Float32Array(pixels),
    isUsed: false,
  }));
  const outside = new Float32Array(pixels);
  let isOutside = false;
  for (let y = 0, pixel = 0; y < view.height; y++) {
    for (let x = 0; x < view.width; x++, pixel++) {
      const sourceX = view.xx * x + view.xy * y + view.x0;
      const sourceY = view.yx * x + view.yy * y + view.y0;
      const [left, top] = [Math.floor(sourceX + LEAST_SHARE), Math.floor(sourceY + LEAST_SHARE)];
      const [restX, restY] = [Math.max(0, sourceX - left), Math.max(0, sourceY - top)];
      let within = 0;
      for (let corner = 0; corner < 4; corner++) {
        const column = left + (corner & 1);
        const row = top + (corner >> 1);
        if (column < 0 || row < 0 || column >= width || row >= height) continue;
        const weight = (corner & 1 ? restX : 1 - restX) * (corner >> 1 ? restY : 1 - restY);
        if (weight < LEAST_SHARE) continue;
        within += weight;
        const share = corners[corner]!;
        share.sources[pixel] = row * width + column;
        share.weights[pixel] = weight;
        share.isUsed = true;
      }
      if (within > 1 - LEAST_SHARE) continue;
      outside[pixel] = 1 - within;
      isOutside = true;
    }
  }
  const forward = corners.filter(({ isUsed }) => isUsed);
  return {
    forward,
    backward: () => transposed(forward, height * width),
    outside: isOutside ? outside : undefined,
  };
}

/** As many lists as the pixel has that counts in the most. */
function transposed(shares: readonly Share[], pixels: number): readonly Share[] {
  const counts = new Uint16Array(pixels);
  const lists: { sources: Int32Array; weights: Float32Array }[] = [];
  for (const { sources, weights } of shares) {
    for (let target = 0; target < sources.length; target++) {
      if (weights[target] === 0) continue;
      const source = sources[target]!;
      const place = counts[source]!++;
      lists[place] ??= { sources: new Int32Array(pixels), weights: new Float32Array(pixels) };
      lists[place].sources[source] = target;
      lists[place].weights[source] = weights[target]!;
    }
  }
  return lists;
}

/** By `tf.gatherND`, which all backends have; wasm's `tf.gather` takes a hundred times as long. */
function gatherShares(images: Tensor4D, shares: readonly Share[], height: number, width: number): Tensor4D {
  const [count, oldHeight, oldWidth, channels] = images.shape;
  return tf.tidy(() => {
    const pixelsFirst = count === 1 ? images : tf.transpose(images, [1, 2, 0, 3]);
    const table: Tensor2D = tf.reshape(pixelsFirst, [oldHeight * oldWidth, count * channels]);
    const parts = shares.map(({ sources, weights }) => {
      const moved = tf.gatherND(table, tf.tensor2d(sources, [sources.length, 1], 'int32'));
      return tf.mul(moved, tf.tensor2d(weights, [weights.length, 1]));
    });
    const sum = parts.length === 0 ? tf.zeros([height * width, count * channels]) : tf.addN(parts);
    if (count === 1) return tf.reshape(sum, [1, height, width, channels]);
    return tf.transpose(tf.reshape(sum, [height, width, count, channels]), [2, 0, 1, 3]) as Tensor4D;
  });
}
