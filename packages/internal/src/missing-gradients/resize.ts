import {
  getBackend,
  matMul,
  ResizeBilinear,
  type ResizeBilinearAttrs,
  ResizeNearestNeighbor,
  reshape,
  type Tensor,
  type Tensor2D,
  tensor2d,
  transpose,
} from '@tensorflow/tfjs-core';
import type { MendedGradient } from './missing-gradient.ts';

interface Scale {
  from: number;
  to: number;
  alignCorners: boolean;
  halfPixelCenters: boolean;
}

/** Pixels of the original along an axis that make the one at `at`, with their weights. */
type Sources = (scale: Scale, at: number) => [from: number, weight: number][];

/**
 * Every backend of tfjs ignores half pixel centers in the gradient. On cpu that of bilinear interpolation throws unless
 * images are square, and that of nearest neighbors is wrong but for the first image.
 */
export const resizeGradients: MendedGradient[] = [
  mended(ResizeBilinear, linearSources),
  mended(ResizeNearestNeighbor, nearestSource),
];

function mended(kernelName: string, sources: Sources): MendedGradient {
  return {
    kernelName,
    mend: (original) => (dy, saved, attrs) => {
      const { alignCorners, halfPixelCenters } = attrs as unknown as ResizeBilinearAttrs;
      if (!halfPixelCenters && getBackend() !== 'cpu') return original(dy, saved, attrs);
      const [, height, width] = saved[0]!.shape as [number, number, number, number];
      const [, toHeight, toWidth] = (dy as Tensor).shape as [number, number, number, number];
      const weights = (from: number, to: number) => weightsOf({ from, to, alignCorners, halfPixelCenters }, sources);
      return { images: () => shrink(dy as Tensor, weights(height, toHeight), weights(width, toWidth)) };
    },
  };
}

/** Resizing is a matrix product along each axis; so is this, with the matrices transposed. */
function shrink(dy: Tensor, rows: Tensor2D, columns: Tensor2D): Tensor {
  const [n, toHeight, toWidth, channels] = dy.shape as [number, number, number, number];
  const [height, width] = [rows.shape[0], columns.shape[0]];
  const shrunk = matMul(rows, reshape(dy, [n, toHeight, toWidth * channels]));
  const turned = transpose(reshape(shrunk, [n, height, toWidth, channels]), [0, 2, 1, 3]);
  const both = matMul(columns, reshape(turned, [n, toWidth, height * channels]));
  return transpose(reshape(both, [n, width, height, channels]), [0, 2, 1, 3]);
}

/** [from, to]: how much of each original pixel is in each new one. */
function weightsOf(scale: Scale, sources: Sources): Tensor2D {
  const { from, to } = scale;
  const weights = new Float32Array(from * to);
  for (let at = 0; at < to; at++) {
    for (const [source, weight] of sources(scale, at)) weights[source * to + at]! += weight;
  }
  return tensor2d(weights, [from, to]);
}

function linearSources(scale: Scale, at: number): [number, number][] {
  const place = placeOf(scale, at, 0.5);
  const low = Math.max(0, Math.floor(place));
  const high = Math.min(scale.from - 1, Math.ceil(place));
  return [
    [low, 1 - (place - low)],
    [high, place - low],
  ];
}

function nearestSource(scale: Scale, at: number): [number, number][] {
  const place = placeOf(scale, at, 0);
  const nearest = scale.alignCorners ? Math.round(place) : Math.floor(place);
  return [[Math.max(0, Math.min(scale.from - 1, nearest)), 1]];
}

/** Where a new pixel lies in the original; `center` is where its own center lies if those are half pixels. */
function placeOf({ from, to, alignCorners, halfPixelCenters }: Scale, at: number, center: number): number {
  const step = alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;
  return halfPixelCenters ? (at + 0.5) * step - center : at * step;
}
