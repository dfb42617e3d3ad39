import {
  type Batches,
  type Bounds,
  type Check,
  checker,
  type LongWork,
  reportProgress,
  requireBatches,
  requireLongWork,
  throwIfAborted,
} from '@cnnviz/internal';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type ImagesProgress, imagesProgress } from '../parts/images-progress.ts';
import { symmetricEigen } from './symmetric-eigen.ts';

/**
 * How the colors of a pixel are correlated: row by row, how much each channel takes of independent numbers of variance 1. A
 * square root of the covariance of the channels; only its directions count, not its scale.
 */
export type ColorMixing = readonly (readonly number[])[];

/** The color mixing of ImageNet's pixels, red, green, blue: brightness first, then the two contrasts. As released with lucid. */
export const imagenetColors: ColorMixing = [
  [0.26, 0.09, 0.02],
  [0.27, 0, -0.05],
  [0.27, -0.09, 0.03],
];

/** No color counts less than this beside the one that varies most: none is lost to a data set that does not have it. */
const LEAST_DEVIATION = 0.01;

/**
 * Measures how the colors of a data set are correlated, for `fourier`.
 *
 * @param batches Images `[n, h, w, c]`. Read once; never disposed.
 * @returns Plain data: one row per channel.
 * @throws RangeError if there are no images, all pixels are of one color, or batches differ in their channels.
 * @see Olah, Mordvintsev, Schubert, "Feature Visualization", Distill 2017, https://doi.org/10.23915/distill.00007.
 *
 * @example
 * import { colorMixing, fourier } from '@cnnviz/actmax';
 *
 * const colors = await colorMixing([images]);
 * const parameterization = fourier({ shape: [28, 28, 1], bounds: [0, 1], colors });
 */
export async function colorMixing(
  batches: Batches<Tensor4D>,
  options: LongWork<ImagesProgress> = {},
): Promise<ColorMixing> {
  const check = checker('@cnnviz/actmax', 'colorMixing');
  check.options(options);
  requireLongWork(check, options);
  requireBatches(check, 'batches', batches);
  throwIfAborted(options);
  const progressAt = imagesProgress(batches);
  let moments: ColorMoments | undefined;
  let count = 0;
  for await (const images of batches) {
    const channels = check.images('batches', images).shape[3];
    moments ??= { pixels: 0, sums: new Float64Array(channels), products: new Float64Array(channels * channels) };
    if (moments.sums.length !== channels) {
      check.fail('range', 'batches', `images of ${moments.sums.length} channels`, images);
    }
    addPixels(moments, await images.data<'float32'>());
    count += images.shape[0];
    await reportProgress(options, progressAt(count));
  }
  if (moments === undefined || moments.pixels === 0) return check.fail('range', 'batches', 'at least one image', []);
  const { values, vectors } = symmetricEigen(covarianceOf(moments));
  const largest = Math.sqrt(Math.max(0, values[0]!));
  if (!(largest > 0)) check.failBecause('range', 'batches must have pixels of more than one color');
  const deviations = values.map((value) => Math.max(Math.sqrt(Math.max(0, value)), LEAST_DEVIATION * largest));
  return vectors.map((_, channel) => vectors.map((vector, index) => vector[channel]! * deviations[index]!));
}

interface ColorMoments {
  pixels: number;
  sums: Float64Array;
  products: Float64Array;
}

function addPixels(moments: ColorMoments, values: Float32Array): void {
  const { sums, products } = moments;
  const channels = sums.length;
  for (let pixel = 0; pixel < values.length; pixel += channels) {
    for (let one = 0; one < channels; one++) {
      const value = values[pixel + one]!;
      sums[one]! += value;
      for (let other = 0; other < channels; other++)
        products[one * channels + other]! += value * values[pixel + other]!;
    }
  }
  moments.pixels += values.length / channels;
}

function covarianceOf({ pixels, sums, products }: ColorMoments): number[][] {
  return Array.from(sums, (sum, one) =>
    Array.from(
      sums,
      (otherSum, other) => products[one * sums.length + other]! / pixels - (sum * otherSum) / pixels ** 2,
    ),
  );
}

/** A mixing as it is multiplied to pixels `[n, c]` from the right: transposed, at most 1 long, and its inverse. */
export interface MixingMatrices {
  readonly matrix: Float32Array;
  readonly inverse: Float32Array;
}

/** @throws RangeError if a mixing is not a square of numbers for all channels, or loses a color. */
export function mixingMatrices(check: Check, mixing: ColorMixing, channels: number): MixingMatrices {
  const isSquare = (rows: ColorMixing) => rows?.length === channels && rows.every((row) => row?.length === channels);
  if (!isSquare(mixing)) check.fail('range', 'colors', `${channels} rows of ${channels} numbers, or 'none'`, mixing);
  const rows = mixing.map((row) => row.map((value) => check.number('colors', value)));
  const longest = Math.sqrt(
    Math.max(...rows.map((_, column) => rows.reduce((sum, row) => sum + row[column]! ** 2, 0))),
  );
  const scaled = rows.map((row) => row.map((value) => value / longest));
  const product = scaled.map((row) =>
    scaled.map((other) => row.reduce((sum, value, index) => sum + value * other[index]!, 0)),
  );
  const { values, vectors } = symmetricEigen(product);
  // Eight digits are what the inverse may lose in float32 to be of any use.
  if (!(values.at(-1)! > 1e-8)) check.fail('range', 'colors', 'independent rows', mixing);
  // M⁻¹ = Mᵀ (M Mᵀ)⁻¹, and the second factor has the eigenvectors of M Mᵀ and the inverse of its values.
  const inverseOfProduct = (row: number, column: number) =>
    values.reduce((sum, value, index) => sum + (vectors[index]![row]! * vectors[index]![column]!) / value, 0);
  const transposedInverse = (row: number, column: number) =>
    scaled.reduce((sum, scaledRow, index) => sum + scaledRow[column]! * inverseOfProduct(index, row), 0);
  const fill = (entry: (row: number, column: number) => number) =>
    Float32Array.from({ length: channels * channels }, (_, index) =>
      entry(Math.floor(index / channels), index % channels),
    );
  return { matrix: fill((row, column) => scaled[column]![row]!), inverse: fill(transposedInverse) };
}

/** The matrices of the option `colors`; undefined where channels stay apart. */
export function mixingOf(
  check: Check,
  colors: ColorMixing | 'none' | undefined,
  channels: number,
): MixingMatrices | undefined {
  const chosen = colors ?? (channels === 3 ? imagenetColors : 'none');
  return chosen === 'none' ? undefined : mixingMatrices(check, chosen, channels);
}

/** Numbers of independent colors to pixels inside the bounds, by a logistic curve. */
export function colorsWithin([min, max]: Bounds, unmixed: Tensor4D, mixing: MixingMatrices | undefined): Tensor4D {
  const logits = mixing ? mixColors(unmixed, mixing.matrix, unmixed.shape[3]) : unmixed;
  const share = tf.sigmoid(logits);
  return (min === 0 && max === 1 ? share : tf.add(tf.mul(share, max - min), min)) as Tensor4D;
}

/** Each pixel's color times `mixing` transposed: one row of it for each channel of the result. */
export function mixColors(images: Tensor4D, mixing: Float32Array, channels: number): Tensor4D {
  const colors = tf.reshape(images, [-1, channels]) as Tensor2D;
  return tf.reshape(tf.matMul(colors, tf.tensor2d(mixing, [channels, channels])), images.shape);
}
