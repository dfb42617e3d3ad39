import { type Bounds, checker } from '@cnnviz/internal';
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type ColorMixing, colorsWithin, mixingOf } from './color-mixing.ts';
import type { Parameterization } from './parameterization.ts';
import { photographSpectrum } from './photograph-spectrum.ts';
import { checkSpectrum, magnitudesAt, type Spectrum } from './spectrum.ts';

/** Options of {@link phase}. */
export interface PhaseOptions {
  /** Height, width and channels of an image. */
  shape: readonly [height: number, width: number, channels: number];
  /** What a valid pixel may be: the range that the model was trained on. */
  bounds: Bounds;
  /** How much of each frequency an image holds, as `meanSpectrum` measures it. Default: that of photographs, for 3 channels. */
  spectrum?: Spectrum;
  /** As in `fourier`; those that `spectrum` was measured with. Default: those of ImageNet for 3 channels, else `none`. */
  colors?: ColorMixing | 'none';
}

/** Added to the standard deviation of phases, so that equal ones are not divided by 0. */
const EPSILON = 1e-6;

/**
 * Changes the phase of each frequency of an image and keeps its magnitude, that of natural images: MACO. An ascent learns
 * where each frequency lies, not how much of it there is, so it cannot fill the image with the high frequencies that fool a
 * network.
 *
 * The phases of each image are standardized. The inverse Fourier transform of them with the magnitudes of `spectrum`, without
 * a mean, is scaled to a standard deviation of 1, and a logistic curve keeps pixels inside `bounds`. Phases repeat after 2π,
 * so that steps can be long: MACO's learning rate is 1.
 *
 * @returns A parameterization for `maximizeActivation`; holds no tensors.
 * @throws RangeError if an option is outside its range, or `spectrum` is left out with other than 3 channels.
 * @see Fel et al., "Unlocking Feature Visualization for Deep Network with MAgnitude Constrained Optimization", NeurIPS 2023,
 *   https://arxiv.org/abs/2306.06805.
 *
 * @example
 * import { adam, crop, logit, maximizeActivation, meanSpectrum, noise, phase } from '@cnnviz/actmax';
 *
 * const spectrum = await meanSpectrum([images]);
 * const { images: wanted } = await maximizeActivation({
 *   objective: logit(model, 3),
 *   parameterization: phase({ shape: [28, 28, 1], bounds: [0, 1], spectrum }),
 *   transforms: [crop(), noise()],
 *   optimizer: adam({ learningRate: 1 }),
 *   steps: 10,
 *   seed: 0,
 * });
 */
export function phase(options: PhaseOptions): Parameterization {
  const check = checker('@cnnviz/actmax', 'phase');
  check.options(options);
  const shape = check.shape('shape', options.shape, 3);
  const [height, width, channels] = shape;
  const bounds = check.bounds('bounds', options.bounds);
  const spectrum = options.spectrum ?? (channels === 3 ? photographSpectrum : undefined);
  if (spectrum === undefined) {
    return check.failBecause(
      'range',
      `spectrum must be given for images [${shape.join(', ')}]: meanSpectrum measures it`,
    );
  }
  const mixing = mixingOf(check, options.colors, channels);
  const magnitudes = normalized(magnitudesAt(checkSpectrum(check, spectrum, channels), height, width), {
    height,
    width,
    channels,
  });
  const wide = Math.floor(width / 2) + 1;
  const transform = inverseTransform(height, width);

  return {
    name: 'phase',
    variableShape: [channels, height, wide],
    bounds,
    start: (random, count) => {
      const values = Float32Array.from({ length: count * channels * height * wide }, () => 2 * random.uniform() - 1);
      return tf.mul(tf.tensor4d(values, [count, channels, height, wide]), Math.PI);
    },
    render: (variables) => {
      const phases = ofRealImages(standardized(variables as Tensor4D), width);
      const scale = tf.tensor4d(magnitudes, [1, channels, height, wide]);
      const parts = [tf.cos(phases), tf.sin(phases)].map((part): Tensor4D => tf.mul(part, scale));
      const coefficients = tf.concat4d(parts, 3);
      const unmixed: Tensor4D = tf.transpose(transform(coefficients), [0, 3, 2, 1]);
      return colorsWithin(bounds, unmixed, mixing);
    },
  };
}

/** Whether a frequency across is that of the negative frequency too, so that half a spectrum holds both. */
const isItsOwnMirror = (column: number, width: number): boolean => column === 0 || 2 * column === width;

/** Shifts and scales each image to a mean of 0 and a standard deviation of 1. */
function standardized(variables: Tensor4D): Tensor4D {
  const centered = tf.sub(variables, tf.mean(variables, [1, 2, 3], true));
  const deviation = tf.sqrt(tf.mean(tf.square(centered), [1, 2, 3], true));
  return tf.div(centered, tf.add(deviation, EPSILON));
}

/**
 * A real image has at -k the negative of the phase at k. Half of the spectrum leaves that open for the frequencies that run
 * straight down, and for the highest ones across: there the difference of the two counts.
 */
function ofRealImages(phases: Tensor4D, width: number): Tensor4D {
  const [, , height, wide] = phases.shape;
  const mirrored = tf.concat4d(
    [
      tf.slice(phases, [0, 0, 0, 0], [-1, -1, 1, -1]),
      tf.reverse(tf.slice(phases, [0, 0, 1, 0], [-1, -1, height - 1, -1]), 2),
    ],
    2,
  );
  const straight = tf.tensor4d(
    Array.from({ length: wide }, (_, column) => (isItsOwnMirror(column, width) ? 0.5 : 0)),
    [1, 1, 1, wide],
  );
  return tf.sub(phases, tf.mul(tf.add(phases, mirrored), straight));
}

/** Scaled so that the image has a standard deviation of 1 over its pixels and channels, whatever the phases are. */
function normalized(
  magnitudes: Float32Array,
  { height, width, channels }: { height: number; width: number; channels: number },
): Float32Array {
  const wide = Math.floor(width / 2) + 1;
  const power = magnitudes.reduce((sum, magnitude, index) => {
    const column = index % wide;
    return sum + magnitude ** 2 * (isItsOwnMirror(column, width) ? 1 : 2);
  }, 0);
  const deviation = Math.sqrt(power / (height * width * channels));
  return magnitudes.map((magnitude) => magnitude / deviation);
}

/**
 * Real and imaginary parts of half a spectrum, `[n, c, h, 2 · (w / 2 + 1)]`, to what they are the orthonormal transform of,
 * `[n, c, w, h]`: two matrix products, differentiable on every backend.
 */
function inverseTransform(height: number, width: number): (coefficients: Tensor4D) => Tensor4D {
  const wide = Math.floor(width / 2) + 1;
  const weight = (column: number) => (isItsOwnMirror(column, width) ? 1 : 2) / Math.sqrt(width);
  const across = complexWaves(wide, width, weight);
  const down = realWaves(height);
  const forward = (coefficients: Tensor4D): Tensor4D => {
    const [count, channels] = coefficients.shape;
    const lines = multiplied(tf.reshape(coefficients, [-1, 2 * wide]), across.matrix, [2 * wide, 2 * width]);
    const turned = tf.transpose(tf.reshape(lines, [count * channels, height, 2, width]), [0, 3, 2, 1]);
    const result = multiplied(tf.reshape(turned, [-1, 2 * height]), down.matrix, [2 * height, height]);
    return tf.reshape(result, [count, channels, width, height]);
  };
  const backward = (upstream: Tensor4D): Tensor4D => {
    const [count, channels] = upstream.shape;
    const turned = multiplied(tf.reshape(upstream, [-1, height]), down.transposed, [height, 2 * height]);
    const lines = tf.transpose(tf.reshape(turned, [count * channels, width, 2, height]), [0, 3, 2, 1]);
    const result = multiplied(tf.reshape(lines, [-1, 2 * width]), across.transposed, [2 * width, 2 * wide]);
    return tf.reshape(result, [count, channels, height, 2 * wide]);
  };
  return tf.customGrad<Tensor4D>((coefficients) => ({
    value: forward(coefficients as Tensor4D),
    gradFunc: (upstream: Tensor) => backward(upstream as Tensor4D),
  }));
}

const multiplied = (lines: Tensor, matrix: Float32Array, shape: [number, number]): Tensor2D =>
  tf.matMul(lines as Tensor2D, tf.tensor2d(matrix, shape));

interface Matrix {
  matrix: Float32Array;
  transposed: Float32Array;
}

function matrixOf(rows: number, columns: number, entry: (row: number, column: number) => number): Matrix {
  const matrix = new Float32Array(rows * columns);
  const transposed = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const value = entry(row, column);
      matrix[row * columns + column] = value;
      transposed[column * rows + row] = value;
    }
  }
  return { matrix, transposed };
}

/** Real and imaginary parts times exp(i · 2π · k · x / width), to real and imaginary parts. */
function complexWaves(wide: number, width: number, weight: (k: number) => number): Matrix {
  return matrixOf(2 * wide, 2 * width, (row, column) => {
    const [k, x] = [row % wide, column % width];
    const angle = (2 * Math.PI * ((k * x) % width)) / width;
    const isImaginary = row >= wide;
    const toImaginary = column >= width;
    if (isImaginary === toImaginary) return weight(k) * Math.cos(angle);
    return weight(k) * Math.sin(angle) * (isImaginary ? -1 : 1);
  });
}

/** Real and imaginary parts times exp(i · 2π · k · y / height), to the real part. */
function realWaves(height: number): Matrix {
  return matrixOf(2 * height, height, (row, y) => {
    const k = row % height;
    const angle = (2 * Math.PI * ((k * y) % height)) / height;
    return (row < height ? Math.cos(angle) : -Math.sin(angle)) / Math.sqrt(height);
  });
}
