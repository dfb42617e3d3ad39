import { createRandom } from '@cnnviz/internal';
import { describeOnBackends } from '@cnnviz/testing';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { imagenetColors } from './color-mixing.ts';
import { phase } from './phase.ts';
import { photographSpectrum } from './photograph-spectrum.ts';
import { magnitudesAt, meanSpectrum, type Spectrum } from './spectrum.ts';

/** The magnitude of each coefficient of an orthonormal Fourier transform, in float64. */
function magnitudesOf(values: ArrayLike<number>, height: number, width: number): number[] {
  const result: number[] = [];
  for (let v = 0; v < height; v++) {
    for (let u = 0; u <= Math.floor(width / 2); u++) {
      let [real, imaginary] = [0, 0];
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const angle = -2 * Math.PI * ((v * y) / height + (u * x) / width);
          real += values[y * width + x]! * Math.cos(angle);
          imaginary += values[y * width + x]! * Math.sin(angle);
        }
      }
      result.push(Math.hypot(real, imaginary) / Math.sqrt(height * width));
    }
  }
  return result;
}

const logitOf = (value: number, [min, max]: readonly [number, number]) => {
  const share = (value - min) / (max - min);
  return Math.log(share / (1 - share));
};

/** Of one channel, from the images of `render`, before colors were mixed and the logistic curve was taken. */
async function unmixedChannels(images: Tensor4D, bounds: readonly [number, number]): Promise<number[][]> {
  const [, height, width, channels] = images.shape;
  const values = Array.from(await images.data(), (value) => logitOf(value, bounds));
  if (channels === 1) return [values];
  const rows = Array.from({ length: height * width }, (_, pixel) => values.slice(3 * pixel, 3 * pixel + 3));
  const solve = inverseOf(imagenetColors.map((row) => row.map((value) => value / Math.hypot(0.26, 0.27, 0.27))));
  return [0, 1, 2].map((channel) =>
    rows.map((row) => row.reduce((sum, value, index) => sum + solve[channel]![index]! * value, 0)),
  );
}

/** Of a 3 x 3 matrix, by cofactors. */
function inverseOf(rows: number[][]): number[][] {
  const [a, b, c, d, e, f, g, h, i] = rows.flat();
  const determinant = a! * (e! * i! - f! * h!) - b! * (d! * i! - f! * g!) + c! * (d! * h! - e! * g!);
  return [
    [e! * i! - f! * h!, c! * h! - b! * i!, b! * f! - c! * e!],
    [f! * g! - d! * i!, a! * i! - c! * g!, c! * d! - a! * f!],
    [d! * h! - e! * g!, b! * g! - a! * h!, a! * e! - b! * d!],
  ].map((row) => row.map((value) => value / determinant));
}

function drawSpectrum(height: number, width: number): Spectrum {
  const random = createRandom(5);
  const [down, across] = [height, width].map((size) =>
    Array.from({ length: Math.floor(size / 2) + 1 }, (_, k) => k / size),
  );
  const magnitudes = Array.from({ length: down!.length * across!.length }, () => 0.2 + random.uniform());
  return { down: down!, across: across!, magnitudes: [magnitudes] };
}

function drawPhases(shape: readonly number[]): Tensor4D {
  const values = createRandom(2).fillNormal(new Float32Array(tf.util.sizeFromShape([...shape])), 0.3, 2);
  return tf.tensor4d(values, shape as [number, number, number, number]);
}

describeOnBackends(['cpu', 'wasm', 'tensorflow'], () => {
  test.each([
    [8, 10],
    [7, 9],
    [5, 8],
  ])('an image of %i x %i has the magnitudes of the spectrum whatever its phases are', async (height, width) => {
    const bounds = [-1, 3] as const;
    const spectrum = drawSpectrum(height, width);
    const variables = drawPhases([1, 1, height, Math.floor(width / 2) + 1]);
    const images = tf.tidy(() => phase({ shape: [height, width, 1], bounds, spectrum }).render(variables));
    const [values] = await unmixedChannels(images, bounds);
    const found = magnitudesOf(values!, height, width);
    const wanted = magnitudesAt(spectrum, height, width);
    expect(found[0]).toBeLessThan(1e-4);
    const factor = found[1]! / wanted[1]!;
    for (const [index, magnitude] of found.entries()) {
      expect(Math.abs(magnitude / factor - wanted[index]!)).toBeLessThan(1e-5);
    }
    const variance = values!.reduce((sum, value) => sum + value ** 2, 0) / values!.length;
    expect(variance).toBeCloseTo(1, 4);
    tf.dispose([variables, images]);
  });

  test('colors are those of photographs, at any size', async () => {
    const bounds = [0, 1] as const;
    const { variableShape, render, start } = phase({ shape: [12, 9, 3], bounds });
    expect(variableShape).toEqual([3, 12, 5]);
    const images = tf.tidy(() => render(start(createRandom(0), 1)));
    const channels = await unmixedChannels(images, bounds);
    const wanted = magnitudesAt(photographSpectrum, 12, 9);
    const found = channels.flatMap((values) => magnitudesOf(values, 12, 9));
    const factor = found[1]! / wanted[1]!;
    const largest = Math.max(...wanted);
    for (const [index, magnitude] of found.entries()) {
      expect(Math.abs(magnitude / factor - wanted[index]!)).toBeLessThan(1e-5 * largest);
    }
    images.dispose();
  });

  test('its gradient is that of finite differences', async () => {
    const [height, width] = [6, 8];
    const { render } = phase({ shape: [height, width, 1], bounds: [0, 1], spectrum: drawSpectrum(height, width) });
    const variables = drawPhases([1, 1, height, 5]);
    const weights = tf.tensor4d(createRandom(3).fillNormal(new Float32Array(48)), [1, height, width, 1]);
    const score = (input: tf.Tensor) => tf.sum(tf.mul(render(input), weights));
    const gradient = tf.tidy(() => tf.grad(score)(variables));
    const slopes = await gradient.data();
    const scoreAt = async (index: number, offset: number) => {
      const moved = Float32Array.from(await variables.data());
      moved[index]! += offset;
      const value = tf.tidy(() => score(tf.tensor4d(moved, [1, 1, height, 5])));
      const [number] = await value.data();
      value.dispose();
      return number!;
    };
    for (const index of [1, 5, 12, 20, 29]) {
      const difference = ((await scoreAt(index, 0.01)) - (await scoreAt(index, -0.01))) / 0.02;
      expect(Math.abs(slopes[index]! - difference)).toBeLessThan(5e-3);
    }
    tf.dispose([variables, weights, gradient]);
  });

  test.each([
    [6, 8],
    [5, 7],
  ])('meanSpectrum of images of %i x %i is the mean of their magnitudes', async (height, width) => {
    const images = tf.tensor4d(createRandom(4).fillNormal(new Float32Array(3 * height * width)), [3, height, width, 1]);
    const { down, across, magnitudes } = await meanSpectrum([tf.slice(images, 0, 1), tf.slice(images, 1, 2)]);
    const values = await images.data();
    const each = [0, 1, 2].map((image) =>
      magnitudesOf(values.subarray(image * height * width, (image + 1) * height * width), height, width),
    );
    const mean = each[0]!.map((_, index) => each.reduce((sum, list) => sum + list[index]!, 0) / 3);
    const wide = across.length;
    expect(down.at(-1)).toBe(Math.floor(height / 2) / height);
    for (const [row] of down.entries()) {
      for (const [column] of across.entries()) {
        const mirrored = mean[((height - row) % height) * wide + column]!;
        const expected = (mean[row * wide + column]! + mirrored) / 2;
        expect(magnitudes[0]![row * wide + column]).toBeCloseTo(expected, 5);
      }
    }
    images.dispose();
  });
});

describe('magnitudesAt', () => {
  test('gives a measured spectrum back at its size, and goes between its frequencies by octaves', () => {
    const spectrum = drawSpectrum(8, 8);
    const same = magnitudesAt(spectrum, 8, 8);
    expect(same[5 + 2]).toBeCloseTo(spectrum.magnitudes[0]![5 + 2]!, 6);
    expect(same[7 * 5 + 2]).toBeCloseTo(spectrum.magnitudes[0]![5 + 2]!, 6);
    const falling: Spectrum = {
      down: [0, 0.125, 0.5],
      across: [0, 0.125, 0.5],
      magnitudes: [[9, 9, 9, 8, 8, 8, 2, 2, 2]],
    };
    // A quarter lies in the middle of an eighth and a half: the geometric mean of 8 and 2.
    expect(magnitudesAt(falling, 8, 8)[2 * 5 + 1]).toBeCloseTo(4, 5);
  });
});

describe('errors', () => {
  test('name the option', () => {
    expect(() => phase({ shape: [4, 4, 1], bounds: [0, 1] })).toThrow(
      '@cnnviz/actmax: phase: spectrum must be given for images [4, 4, 1]: meanSpectrum measures it',
    );
    expect(() => phase({ shape: [4, 4, 1], bounds: [0, 1], spectrum: photographSpectrum })).toThrow(
      '@cnnviz/actmax: phase: spectrum.magnitudes must be a list of length 1, one of each channel',
    );
    const rising = { ...drawSpectrum(4, 4), down: [0, 0.3, 0.2] };
    expect(() => phase({ shape: [4, 4, 1], bounds: [0, 1], spectrum: rising })).toThrow(
      'spectrum.down must be two or more frequencies that rise from 0 to at most 0.5',
    );
  });

  test('of batches that are empty or differ in size', async () => {
    await expect(meanSpectrum([])).rejects.toThrow('@cnnviz/actmax: meanSpectrum: batches must be at least one image');
    const [small, large] = [tf.zeros([1, 4, 4, 1]), tf.zeros([1, 5, 4, 1])] as Tensor4D[];
    const before = tf.memory().numTensors;
    await expect(meanSpectrum([small!, large!])).rejects.toThrow('batches must be images [n, 4, 4, 1] as the first');
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([small, large]);
  });
});
