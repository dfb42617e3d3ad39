import { type Bounds, checker, warnOfOutside } from '@cnnviz/internal';
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type ColorMixing, colorsWithin, mixColors, mixingOf } from './color-mixing.ts';
import { type FourierBasis, fourierBasis } from './fourier-basis.ts';
import type { Parameterization } from './parameterization.ts';
import { startImages } from './start-images.ts';

export interface FourierOptions {
  /** Height, width and channels of an image. */
  shape: readonly [height: number, width: number, channels: number];
  /** What a valid pixel may be: the range that the model was trained on. */
  bounds: Bounds;
  /**
   * How colors go together in natural images, row for row what each channel takes of independent ones: `colorMixing`
   * measures it. `none` keeps channels apart. Default: that of ImageNet, as released with lucid, for 3 channels in the
   * order red, green, blue; `none` otherwise.
   */
  colors?: ColorMixing | 'none';
  /** How much less high frequencies count: amplitudes go as 1 / frequency to this power. Default: 1, as natural images. */
  decay?: number;
  /** Standard deviation of the start's coefficients. Default: 0.01, as lucid; 0 where `from` is given. */
  deviation?: number;
  /** Images to start from, inside `bounds`: one for all, or one for each. Needed until the run has started; the caller keeps and disposes them. */
  from?: Tensor4D;
}

export interface FourierParameterization extends Parameterization {
  /**
   * Gives the coefficients `[n, c, h, w]` of images. Pixels within a thousandth of a bound are moved away from it, and so
   * are pixels outside, about which a warning appears later. The caller disposes.
   */
  invert(images: Tensor4D): Tensor4D;
}

/** Pixels on a bound have no coefficients: the logistic curve never gets there. */
const FROM_BOUNDS = 1e-3;
/** lucid's, by which an image of the start's size is neither flat nor saturated. */
const AMPLITUDE = 0.25;

/**
 * Changes the spectrum of the image in decorrelated colors; a logistic curve keeps pixels inside `bounds`. The same step
 * then changes low frequencies, which make up objects, more than high ones, which make up noise.
 *
 * Coefficients are those of a real Fourier basis, orthonormal but for the scale 1 / frequency, so that the image is two
 * matrix products away, differentiable on every backend. Scales are lucid's: its half spectrum of complex numbers holds
 * each frequency once, which is a factor √2 here.
 *
 * @returns A parameterization for `maximizeActivation`; holds no tensors.
 * @throws RangeError if an option is outside its range; on start, if `from` is outside `bounds` or for another number of
 *   images.
 * @see Olah, Mordvintsev, Schubert, "Feature Visualization", Distill 2017, https://doi.org/10.23915/distill.00007;
 *   `spatial.py` and `color.py` of lucid.
 *
 * @example
 * import { channel, fourier, maximizeActivation, robustness } from '@cnnviz/actmax';
 *
 * const { images: wanted } = await maximizeActivation({
 *   objective: channel(probe, [0, 3]),
 *   parameterization: fourier({ shape: [28, 28, 1], bounds: [0, 1] }),
 *   transforms: robustness(),
 *   steps: 10,
 *   seed: 0,
 * });
 */
export function fourier(options: FourierOptions): FourierParameterization {
  const check = checker('@cnnviz/actmax', 'fourier');
  check.options(options);
  const shape = check.shape('shape', options.shape, 3);
  const [height, width, channels] = shape;
  const bounds = check.bounds('bounds', options.bounds);
  const [min, max] = bounds;
  const decay = check.number('decay', options.decay ?? 1, { min: 0 });
  const from = startImages(check, options.from, shape, bounds);
  const deviation = check.number('deviation', options.deviation ?? (from ? 0 : 0.01), { min: 0 });
  const mixing = mixingOf(check, options.colors, channels);
  const [rows, columns] = [fourierBasis(height), fourierBasis(width)];
  const amplitudes = amplitudesOf(rows, columns, decay);

  const scale = () => tf.tensor4d(amplitudes, [1, 1, height, width]);
  /**
   * `[n, c, a, b]` times a matrix of size b, then times one of size a: `[n, c, b, a]`. Two large products, since wasm takes
   * long for many small ones.
   */
  const inBothDirections = (values: Tensor4D, first: Float32Array, second: Float32Array): Tensor4D => {
    const alongLast = (input: Tensor4D, matrix: Float32Array): Tensor4D => {
      const size = input.shape[3];
      const lines = tf.reshape(input, [input.size / size, size]) as Tensor2D;
      return tf.reshape(tf.matMul(lines, tf.tensor2d(matrix, [size, size])), input.shape);
    };
    return alongLast(tf.transpose(alongLast(values, first), [0, 1, 3, 2]), second);
  };
  // The basis is orthonormal: its transpose is its inverse, and products with transposes made beforehand are faster
  // than those that tfjs would make of the gradient.
  const analyze = (samples: Tensor4D) => inBothDirections(samples, rows.samples, columns.samples);
  const synthesize = tf.customGrad<Tensor4D>((coefficients) => ({
    value: inBothDirections(coefficients as Tensor4D, columns.waves, rows.waves),
    gradFunc: (upstream: Tensor) => analyze(upstream as Tensor4D),
  }));

  const invert = (images: Tensor4D) =>
    tf.tidy(() => {
      const share = tf.clipByValue(tf.div(tf.sub(images, min), max - min), FROM_BOUNDS, 1 - FROM_BOUNDS);
      const mixed = tf.log(tf.div(share, tf.sub(1, share))) as Tensor4D;
      const unmixed = mixing ? mixColors(mixed, mixing.inverse, channels) : mixed;
      return tf.div(analyze(tf.transpose(unmixed, [0, 3, 2, 1])), scale()) as Tensor4D;
    });

  return {
    name: 'fourier',
    variableShape: [channels, height, width],
    bounds,
    start: (random, count) => {
      const noise = random.fillNormal(new Float32Array(count * height * channels * width), 0, deviation);
      const coefficients = tf.tensor4d(noise, [count, channels, height, width]);
      return from ? tf.add(invert(from.of(count)), coefficients) : coefficients;
    },
    render: (coefficients) => {
      const spectrum: Tensor4D = tf.mul(coefficients, scale());
      const unmixed: Tensor4D = tf.transpose(synthesize(spectrum), [0, 3, 2, 1]);
      return colorsWithin(bounds, unmixed, mixing);
    },
    ...(from && { check: () => from.requireWithin() }),
    invert: (images) => {
      check.images('images', images);
      if (String(images.shape.slice(1)) !== String(shape)) {
        check.fail('range', 'images', `images [n, ${shape.join(', ')}]`, images);
      }
      warnOfOutside(check, 'images', images, bounds, images);
      return invert(images);
    },
  };
}

/** `[h, w]`: what a coefficient of 1 is to become in an orthonormal basis. */
function amplitudesOf(rows: FourierBasis, columns: FourierBasis, decay: number): Float32Array {
  const [height, width] = [rows.frequencies.length, columns.frequencies.length];
  const lowest = 1 / Math.max(height, width);
  return Float32Array.from({ length: height * width }, (_, index) => {
    const frequency = Math.hypot(rows.frequencies[Math.floor(index / width)]!, columns.frequencies[index % width]!);
    return (Math.SQRT2 * AMPLITUDE) / Math.max(frequency, lowest) ** decay;
  });
}
