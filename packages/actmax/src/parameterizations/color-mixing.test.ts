import { checker, createRandom } from '@cnnviz/internal';
import { useBackend } from '@cnnviz/testing';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { colorMixing, imagenetColors, mixingMatrices } from './color-mixing.ts';
import { symmetricEigen } from './symmetric-eigen.ts';

useBackend('cpu');

const closeTo = (expected: readonly number[], digits = 4) => expected.map((value) => expect.closeTo(value, digits));

test('symmetricEigen takes any symmetric matrix apart: A v = λ v, largest λ first, vectors orthonormal', () => {
  const entry = fc.double({ min: -10, max: 10, noNaN: true });
  fc.assert(
    fc.property(fc.tuple(entry, entry, entry, entry, entry, entry), ([a, b, c, d, e, f]) => {
      const matrix = [
        [a, b, c],
        [b, d, e],
        [c, e, f],
      ];
      const { values, vectors } = symmetricEigen(matrix);
      for (const [index, vector] of vectors.entries()) {
        const image = matrix.map((row) => row.reduce((total, value, column) => total + value * vector[column]!, 0));
        expect(image).toEqual(
          closeTo(
            vector.map((value) => values[index]! * value),
            6,
          ),
        );
        for (const [other, otherVector] of vectors.entries()) {
          const product = vector.reduce((total, value, at) => total + value * otherVector[at]!, 0);
          expect(product).toBeCloseTo(index === other ? 1 : 0, 6);
        }
      }
      expect([...values].sort((one, other) => other - one)).toEqual(values);
    }),
  );
});

test('finds the mixing that colors were made with: its square is their covariance', async () => {
  const noise = createRandom(0).fillNormal(new Float32Array(4000 * 3));
  const mixed = new Float32Array(noise.length);
  for (let pixel = 0; pixel < noise.length; pixel += 3) {
    for (const [channel, row] of imagenetColors.entries()) {
      mixed[pixel + channel] = 0.5 + row.reduce((total, value, index) => total + value * noise[pixel + index]!, 0);
    }
  }
  const all = tf.tensor4d(mixed, [4, 50, 20, 3]);
  const halves = tf.split(all, 2) as Tensor4D[];
  const found = await colorMixing(halves);
  const square = (rows: readonly (readonly number[])[]) =>
    rows.map((row) => rows.map((other) => row.reduce((total, value, index) => total + value * other[index]!, 0)));
  expect(square(found).flat()).toEqual(closeTo(square(imagenetColors).flat(), 2));
  // Brightness is the first of the independent colors.
  const brightness = found.map((row) => Math.abs(row[0]!));
  expect(Math.min(...brightness)).toBeGreaterThan(0.2);
  tf.dispose([all, halves]);
});

test('mixingMatrices are inverse, and the longest column of the mixing is 1', () => {
  const { matrix, inverse } = mixingMatrices(checker('a', 'b'), imagenetColors, 3);
  for (let row = 0; row < 3; row++) {
    for (let column = 0; column < 3; column++) {
      const product = [0, 1, 2].reduce(
        (total, index) => total + matrix[row * 3 + index]! * inverse[index * 3 + column]!,
        0,
      );
      expect(product).toBeCloseTo(row === column ? 1 : 0, 5);
    }
  }
  // Transposed, so that a column is a row here.
  expect(Math.hypot(matrix[0]!, matrix[1]!, matrix[2]!)).toBeCloseTo(1, 6);
  expect(matrix[1]! / matrix[0]!).toBeCloseTo(0.27 / 0.26, 5);
});

test('rejects images without colors', async () => {
  await expect(colorMixing([])).rejects.toThrow(
    '@cnnviz/actmax: colorMixing: batches must be at least one image, got []',
  );
  const gray = tf.fill([1, 2, 2, 3], 0.5) as Tensor4D;
  const single = tf.zeros([1, 2, 2, 1]) as Tensor4D;
  await expect(colorMixing([gray])).rejects.toThrow(
    '@cnnviz/actmax: colorMixing: batches must have pixels of more than one color',
  );
  await expect(colorMixing([gray, single])).rejects.toThrow(
    /batches must be images of 3 channels, got float32 tensor \[1, 2, 2, 1\]/,
  );
  tf.dispose([gray, single]);
});
