import { createRandom } from '@cnnviz/internal';
import { describeOnBackends, useBackend } from '@cnnviz/testing';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { imagenetColors } from './color-mixing.ts';
import { fourier } from './fourier.ts';
import { fourierBasis } from './fourier-basis.ts';

useBackend('cpu');

describe('fourierBasis', () => {
  test.each([1, 2, 5, 8])('of %i samples is orthonormal, and its second form the transpose', (size) => {
    const { waves, samples } = fourierBasis(size);
    for (let one = 0; one < size; one++) {
      for (let other = 0; other < size; other++) {
        let product = 0;
        for (let sample = 0; sample < size; sample++) {
          product += waves[one * size + sample]! * waves[other * size + sample]!;
          expect(samples[sample * size + one]).toBe(waves[one * size + sample]);
        }
        expect(product).toBeCloseTo(one === other ? 1 : 0, 6);
      }
    }
  });

  test('holds each frequency of the discrete Fourier transform', async () => {
    for (const size of [7, 8]) {
      const { waves, frequencies } = fourierBasis(size);
      const spectra = tf.tidy(() => tf.abs(tf.spectral.rfft(tf.tensor2d(waves, [size, size]))));
      const amplitudes = (await spectra.array()) as number[][];
      spectra.dispose();
      for (const [wave, row] of amplitudes.entries()) {
        const loudest = row.indexOf(Math.max(...row));
        expect(loudest / size).toBeCloseTo(frequencies[wave]!, 10);
        expect(row.filter((amplitude) => amplitude > 1e-4)).toHaveLength(1);
      }
    }
  });
});

const shape = [6, 9, 3] as const;

function drawCoefficients(count = 2): Tensor4D {
  const values = createRandom(2).fillNormal(new Float32Array(count * 6 * 9 * 3), 0, 0.3);
  return tf.tensor4d(values, [count, 3, 6, 9]);
}

/** Σ over all waves, color by color, in float64. */
function slowly(coefficients: number[][][][], [min, max]: readonly [number, number]): number[] {
  const [rows, columns] = [fourierBasis(6), fourierBasis(9)];
  const longest = Math.sqrt(0.26 ** 2 + 0.27 ** 2 + 0.27 ** 2);
  const result: number[] = [];
  for (const image of coefficients) {
    for (let y = 0; y < 6; y++) {
      for (let x = 0; x < 9; x++) {
        const independent = [0, 0, 0];
        for (let v = 0; v < 6; v++) {
          for (let u = 0; u < 9; u++) {
            const frequency = Math.hypot(rows.frequencies[v]!, columns.frequencies[u]!);
            const amplitude =
              (Math.SQRT2 / 4 / Math.max(frequency, 1 / 9)) * rows.waves[v * 6 + y]! * columns.waves[u * 9 + x]!;
            for (let c = 0; c < 3; c++) independent[c]! += amplitude * image[c]![v]![u]!;
          }
        }
        for (const row of imagenetColors) {
          const logit = row.reduce((total, value, c) => total + (value / longest) * independent[c]!, 0);
          result.push(min + (max - min) / (1 + Math.exp(-logit)));
        }
      }
    }
  }
  return result;
}

test('the start is gray with the spectrum of natural images: amplitude falls as 1 / frequency', async () => {
  const { start, render } = fourier({ shape: [64, 64, 1], bounds: [0, 1], colors: 'none', deviation: 0.01 });
  const images = tf.tidy(() => render(start(createRandom(0), 8)));
  const energies = tf.tidy(() => {
    const rows = tf.reshape(tf.log(tf.div(images, tf.sub(1, images))), [8 * 64, 64]);
    const spectrum = tf.abs(tf.spectral.rfft(rows as tf.Tensor2D));
    return tf.mean(tf.square(spectrum), 0);
  });
  const power = await energies.data();
  // Along one line, the two-dimensional 1 / f² sums up to about 1 / f.
  const ratio = power[4]! / power[16]!;
  expect(ratio).toBeGreaterThan(3);
  expect(ratio).toBeLessThan(8);
  const [least, greatest] = await Promise.all([tf.min(images).data(), tf.max(images).data()]);
  expect(least[0]).toBeGreaterThan(0.3);
  expect(greatest[0]).toBeLessThan(0.7);
  tf.dispose([images, energies]);
});

describeOnBackends(['cpu', 'wasm', 'tensorflow'], () => {
  test('renders the sum of the waves, colors mixed, through a logistic curve', async () => {
    const bounds = [-1, 3] as const;
    const coefficients = drawCoefficients();
    const images = tf.tidy(() => fourier({ shape, bounds }).render(coefficients));
    const expected = slowly((await coefficients.array()) as number[][][][], bounds);
    const actual = await images.data();
    expect(images.shape).toEqual([2, 6, 9, 3]);
    expect(Math.max(...expected.map((value, index) => Math.abs(value - actual[index]!)))).toBeLessThan(1e-5);
    tf.dispose([coefficients, images]);
  });

  test('is invertible', async () => {
    const parameterization = fourier({ shape, bounds: [0, 1] });
    const coefficients = drawCoefficients();
    const back = tf.tidy(() => parameterization.invert(parameterization.render(coefficients)));
    const [there, again] = await Promise.all([coefficients.data(), back.data()]);
    expect(Math.max(...there.map((value, index) => Math.abs(value - again[index]!)))).toBeLessThan(1e-3);
    tf.dispose([coefficients, back]);
  });

  test('its gradient is that of finite differences', async () => {
    const { render } = fourier({ shape, bounds: [0, 1] });
    const weights = tf.tensor4d(createRandom(3).fillNormal(new Float32Array(162)), [1, 6, 9, 3]);
    const coefficients = drawCoefficients(1);
    const gradient = tf.tidy(() => tf.grad((input) => tf.sum(tf.mul(render(input), weights)))(coefficients));
    const slopes = await gradient.data();
    const values = await coefficients.data();
    const weightValues = await weights.data();
    const scoreAt = (index: number, offset: number) => {
      const moved = Float64Array.from(values);
      moved[index]! += offset;
      const nested = Array.from({ length: 3 }, (_, c) =>
        Array.from({ length: 6 }, (__, v) => Array.from({ length: 9 }, (___, u) => moved[(c * 6 + v) * 9 + u]!)),
      );
      return slowly([nested], [0, 1]).reduce((total, value, pixel) => total + value * weightValues[pixel]!, 0);
    };
    for (const index of [0, 1, 10, 53, 100, 161]) {
      const difference = (scoreAt(index, 1e-4) - scoreAt(index, -1e-4)) / 2e-4;
      expect(slopes[index]).toBeCloseTo(difference, 3);
    }
    tf.dispose([weights, coefficients, gradient]);
  });
});

test('starts from images', async () => {
  const images = tf.tensor4d(createRandom(5).fillUniform(new Float32Array(162), 2, 8), [1, 6, 9, 3]);
  const { start, render } = fourier({ shape, bounds: [0, 10], from: images });
  const shown = tf.tidy(() => render(start(createRandom(0), 2)));
  const [wanted, actual] = await Promise.all([images.data(), shown.data()]);
  for (const first of [0, 162]) {
    expect(Math.max(...wanted.map((value, index) => Math.abs(value - actual[first + index]!)))).toBeLessThan(1e-3);
  }
  tf.dispose([images, shown]);
});

test('what cannot be is rejected', () => {
  const options = { shape: [4, 4, 3], bounds: [0, 1] } as const;
  expect(() => fourier({ ...options, decay: -1 })).toThrow(
    '@cnnviz/actmax: fourier: decay must be a number >= 0, got -1',
  );
  expect(() => fourier({ ...options, colors: [[1]] })).toThrow(/colors must be 3 rows of 3 numbers, or 'none'/);
  const flat = [1, 1, 1];
  expect(() => fourier({ ...options, colors: [flat, flat, flat] })).toThrow(/colors must be independent rows/);
  const images = tf.zeros([1, 4, 5, 3]) as Tensor4D;
  expect(() => fourier({ ...options, from: images })).toThrow(/from must be images \[n, 4, 4, 3\], got float32 tensor/);
  expect(() => fourier(options).invert(images)).toThrow(/images must be images \[n, 4, 4, 3\], got float32 tensor/);
  images.dispose();
});
