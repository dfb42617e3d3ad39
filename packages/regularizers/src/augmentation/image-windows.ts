import type { Tensor4D } from '@tensorflow/tfjs-core';
import { gatherPixels, type Padding, paddedPosition } from './gather-pixels.ts';

/** A rectangle of each image, perhaps mirrored. */
export interface ImageWindows {
  readonly size: readonly [height: number, width: number];
  /** Row of the image that is the rectangle's first, for each image; below 0 above the image, in its padding. */
  readonly tops: readonly number[];
  readonly lefts: readonly number[];
  /** Whether left and right are exchanged, for each image. */
  readonly leftRight: readonly boolean[];
  readonly upDown: readonly boolean[];
  /** What stands outside of the image, where rectangles reach out of it. */
  readonly padding?: 'zero' | 'reflect';
}

/** Cuts the windows out. */
export function cutWindows(images: Tensor4D, windows: ImageWindows): Tensor4D {
  const { size, padding = 'zero' } = windows;
  const [height, width] = size;
  const [count, oldHeight, oldWidth] = images.shape;
  const pixels = count * oldHeight * oldWidth;
  const sources = new Int32Array(count * height * width);
  const columns = new Int32Array(width);
  let next = 0;
  for (let image = 0; image < count; image++) {
    fillPositions(columns, windows.lefts[image]!, oldWidth, windows.leftRight[image]!, padding);
    const isInside = columns.indexOf(-1) === -1;
    for (let y = 0; y < height; y++) {
      const row = paddedPosition(
        windows.tops[image]! + (windows.upDown[image] ? height - 1 - y : y),
        oldHeight,
        padding,
      );
      const start = (image * oldHeight + row) * oldWidth;
      if (row !== -1 && isInside) for (let x = 0; x < width; x++) sources[next++] = start + columns[x]!;
      else
        for (let x = 0; x < width; x++)
          sources[next++] = row === -1 || columns[x] === -1 ? pixels : start + columns[x]!;
    }
  }
  return gatherPixels(images, { sources, size, outside: windows.padding === 'zero' });
}

/** The places of an axis that a window reads, or -1 for those outside. */
function fillPositions(positions: Int32Array, first: number, size: number, mirrored: boolean, padding: Padding): void {
  const last = positions.length - 1;
  for (let i = 0; i <= last; i++) positions[i] = paddedPosition(first + (mirrored ? last - i : i), size, padding);
}

/** The windows `inner`, which do not reach outside, of what `outer` cuts out: so that pixels are moved once. */
export function windowsWithin(outer: ImageWindows, inner: ImageWindows): ImageWindows {
  const starts = (
    axis: 0 | 1,
    outerStarts: readonly number[],
    innerStarts: readonly number[],
    mirrored: readonly boolean[],
  ) =>
    outerStarts.map((start, image) => {
      const within = innerStarts[image]!;
      return start + (mirrored[image] ? outer.size[axis] - inner.size[axis] - within : within);
    });
  const differs = (a: readonly boolean[], b: readonly boolean[]) => a.map((value, image) => value !== b[image]);
  return {
    ...outer,
    size: inner.size,
    tops: starts(0, outer.tops, inner.tops, outer.upDown),
    lefts: starts(1, outer.lefts, inner.lefts, outer.leftRight),
    leftRight: differs(outer.leftRight, inner.leftRight),
    upDown: differs(outer.upDown, inner.upDown),
  };
}
