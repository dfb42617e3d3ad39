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
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type ImagesProgress, imagesProgress } from '../parts/images-progress.ts';
import { type ColorMixing, mixColors, mixingOf } from './color-mixing.ts';

/**
 * How much of each frequency images hold on average: plain data. Between its frequencies magnitudes are interpolated, so
 * that one measured at a size serves others.
 */
export interface Spectrum {
  /** Frequencies down the image, in periods a pixel, from 0 upward, at most 1/2. */
  readonly down: readonly number[];
  /** Frequencies across it. */
  readonly across: readonly number[];
  /**
   * `[c][down · across]`, row by row: the mean magnitude of the coefficient of an orthonormal transform, of both diagonals
   * together. Of independent colors where the images have three channels.
   */
  readonly magnitudes: readonly (readonly number[])[];
}

/** Options of {@link meanSpectrum}. */
export interface MeanSpectrumOptions extends LongWork<ImagesProgress> {
  /** As `fourier` and `phase` take it: which colors are independent. Default: those of ImageNet for 3 channels, else `none`. */
  colors?: ColorMixing | 'none';
}

/**
 * Measures the spectrum of a data set, for `phase`.
 *
 * @param batches Images `[n, h, w, c]`, all of one size. Read once; never disposed.
 * @returns Plain data: a magnitude for each frequency and channel, averaged over images.
 * @throws RangeError if there are no images, or batches differ in size.
 * @see Fel et al., "Unlocking Feature Visualization for Deep Network with MAgnitude Constrained Optimization", NeurIPS 2023,
 *   https://arxiv.org/abs/2306.06805.
 *
 * @example
 * import { meanSpectrum, phase } from '@cnnviz/actmax';
 *
 * const spectrum = await meanSpectrum([images]);
 * const parameterization = phase({ shape: [28, 28, 1], bounds: [0, 1], spectrum });
 */
export async function meanSpectrum(batches: Batches<Tensor4D>, options: MeanSpectrumOptions = {}): Promise<Spectrum> {
  const check = checker('@cnnviz/actmax', 'meanSpectrum');
  check.options(options);
  requireLongWork(check, options);
  requireBatches(check, 'batches', batches);
  throwIfAborted(options);
  const progressAt = imagesProgress(batches);
  let sums: { size: readonly number[]; magnitudes: Float64Array; images: number } | undefined;
  for await (const images of batches) {
    const [count, ...size] = check.images('batches', images).shape;
    sums ??= { size, magnitudes: new Float64Array(size[2]! * (half(size[0]!) + 1) * (half(size[1]!) + 1)), images: 0 };
    if (String(size) !== String(sums.size))
      check.fail('range', 'batches', `images [n, ${sums.size.join(', ')}] as the first`, images);
    const magnitudes = tf.tidy(() => magnitudesOf(check, images, options.colors));
    try {
      for (const [index, value] of (await magnitudes.data()).entries()) sums.magnitudes[index]! += value;
    } finally {
      magnitudes.dispose();
    }
    sums.images += count;
    await reportProgress(options, progressAt(sums.images));
  }
  if (sums === undefined || sums.images === 0) return check.fail('range', 'batches', 'at least one image', []);
  const { size, images } = sums;
  const [height, width, channels] = size as [number, number, number];
  const each = sums.magnitudes.length / channels;
  return {
    down: frequenciesOf(height),
    across: frequenciesOf(width),
    magnitudes: Array.from({ length: channels }, (_, channel) =>
      Array.from(sums.magnitudes.subarray(channel * each, (channel + 1) * each), (sum) => sum / images),
    ),
  };
}

const half = (size: number): number => Math.floor(size / 2);

/** Those of `size` samples, in periods a sample: 0 to 1/2. */
const frequenciesOf = (size: number): number[] => Array.from({ length: half(size) + 1 }, (_, k) => k / size);

/** `[c, h / 2 + 1, w / 2 + 1]`: magnitudes summed over the images, both diagonals averaged. */
function magnitudesOf(check: Check, images: Tensor4D, colors: ColorMixing | 'none' | undefined): tf.Tensor3D {
  const [count, height, width, channels] = images.shape;
  const mixing = mixingOf(check, colors, channels);
  const unmixed = mixing ? mixColors(images, mixing.inverse, channels) : images;
  const [tall, wide] = [half(height) + 1, half(width) + 1];
  const rows = tf.reshape(tf.transpose(unmixed, [0, 3, 1, 2]), [count * channels * height, width]) as Tensor2D;
  // Down the columns of what the rows hold of each cosine and sine.
  const along = (waves: Tensor2D, lines: Tensor2D): Tensor2D => tf.matMul(lines, waves);
  const columns = (lines: Tensor2D) =>
    tf.reshape(tf.transpose(tf.reshape(lines, [count * channels, height, wide]), [0, 2, 1]), [-1, height]) as Tensor2D;
  const [down, across] = [wavesOf(height, tall), wavesOf(width, wide)];
  const [byCosine, bySine] = [columns(along(across.cosine, rows)), columns(along(across.sine, rows))];
  const [cc, sc] = [along(down.cosine, byCosine), along(down.sine, byCosine)];
  const [cs, ss] = [along(down.cosine, bySine), along(down.sine, bySine)];
  const length = (real: tf.Tensor, imaginary: tf.Tensor) => tf.sqrt(tf.add(tf.square(real), tf.square(imaginary)));
  // exp(-i (a + b)) and exp(-i (a - b)): the two diagonals.
  const both = tf.add(length(tf.sub(cc, ss), tf.add(sc, cs)), length(tf.add(cc, ss), tf.sub(sc, cs)));
  const scaled = tf.div(both, 2 * Math.sqrt(height * width));
  const summed = tf.sum(tf.reshape(scaled, [count, channels, wide, tall]), 0) as tf.Tensor3D;
  return tf.transpose(summed, [0, 2, 1]);
}

/** `[size, frequencies]` each. */
function wavesOf(size: number, frequencies: number): { cosine: Tensor2D; sine: Tensor2D } {
  const wave = (of: (angle: number) => number) =>
    tf.tensor2d(
      Float32Array.from({ length: size * frequencies }, (_, index) => {
        const [sample, k] = [Math.floor(index / frequencies), index % frequencies];
        return of((2 * Math.PI * ((k * sample) % size)) / size);
      }),
      [size, frequencies],
    );
  return { cosine: wave(Math.cos), sine: wave(Math.sin) };
}

/** @throws RangeError if it is none, or for another number of channels. */
export function checkSpectrum(check: Check, spectrum: Spectrum, channels: number): Spectrum {
  if (typeof spectrum !== 'object' || spectrum === null)
    check.fail('type', 'spectrum', 'a spectrum as meanSpectrum gives it', spectrum);
  const { down, across, magnitudes } = spectrum;
  for (const [name, list] of Object.entries({ down, across })) {
    const isRising = (value: unknown, index: number) =>
      typeof value === 'number' && value <= 0.5 && (index === 0 ? value === 0 : value > (list as number[])[index - 1]!);
    if (!Array.isArray(list) || list.length < 2 || !list.every(isRising)) {
      check.fail('range', `spectrum.${name}`, 'two or more frequencies that rise from 0 to at most 0.5', list);
    }
  }
  if (!Array.isArray(magnitudes) || magnitudes.length !== channels) {
    check.fail('range', 'spectrum.magnitudes', `a list of length ${channels}, one of each channel`, magnitudes);
  }
  for (const [channel, values] of magnitudes.entries()) {
    const isMagnitude = (value: unknown) => typeof value === 'number' && Number.isFinite(value) && value >= 0;
    if (!Array.isArray(values) || values.length !== down.length * across.length || !values.every(isMagnitude)) {
      check.fail('range', `spectrum.magnitudes[${channel}]`, `${down.length * across.length} numbers >= 0`, values);
    }
  }
  return spectrum;
}

/**
 * The magnitude of each coefficient of an image, `[c, h, w / 2 + 1]`, in the order of a real Fourier transform: frequencies
 * down from 0 up and then from the lowest negative one, those across from 0 up. That of the mean is 0.
 */
export function magnitudesAt(spectrum: Spectrum, height: number, width: number): Float32Array {
  const wide = half(width) + 1;
  const [down, across] = [spectrum.down, spectrum.across].map(places);
  return Float32Array.from({ length: spectrum.magnitudes.length * height * wide }, (_, index) => {
    const [channel, row, column] = [
      Math.floor(index / (height * wide)),
      Math.floor(index / wide) % height,
      index % wide,
    ];
    if (row === 0 && column === 0) return 0;
    const y = placeIn(down!, Math.min(row, height - row) / height);
    const x = placeIn(across!, column / width);
    return interpolated(spectrum.magnitudes[channel]!, spectrum.across.length, y, x);
  });
}

/** Frequencies on the scale on which magnitudes are interpolated: octaves, with 0 one below the lowest. */
const places = ([, lowest, ...others]: readonly number[]): number[] => [lowest! / 2, lowest!, ...others].map(Math.log2);

interface Between {
  index: number;
  share: number;
}

function placeIn(list: readonly number[], frequency: number): Between {
  const place = Math.log2(Math.max(frequency, 2 ** list[0]!));
  let index = list.findLastIndex((each) => each <= place + 1e-9);
  index = Math.min(Math.max(index, 0), list.length - 2);
  const share = (place - list[index]!) / (list[index + 1]! - list[index]!);
  return { index, share: Math.min(1, Math.max(0, share)) };
}

/** Between four magnitudes, in their logarithms. */
function interpolated(values: readonly number[], wide: number, y: Between, x: Between): number {
  const least = 1e-12;
  const at = (row: number, column: number) => Math.log(Math.max(least, values[row * wide + column]!));
  const along = (row: number) => at(row, x.index) * (1 - x.share) + at(row, x.index + 1) * x.share;
  return Math.exp(along(y.index) * (1 - y.share) + along(y.index + 1) * y.share);
}
