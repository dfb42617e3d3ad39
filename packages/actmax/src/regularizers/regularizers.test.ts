import { createRandom, gaussianBlur } from '@cnnviz/internal';
import { useBackend } from '@cnnviz/testing';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { fourier } from '../parameterizations/fourier.ts';
import { blur } from './blur.ts';
import { decay } from './decay.ts';
import { gaussianPrior } from './gaussian-prior.ts';
import type { Regularizer } from './regularizer.ts';
import { totalVariation } from './total-variation.ts';

useBackend('cpu');

async function read(make: () => Tensor): Promise<number[]> {
  const tensor = tf.tidy(make);
  const values = [...(await tensor.data())];
  tensor.dispose();
  return values;
}

const at = { step: 0, steps: 10 };
const closeTo = (expected: readonly number[], digits = 5) => expected.map((value) => expect.closeTo(value, digits));
const after = (regularizer: Regularizer, values: number[], step = 0) =>
  read(() => regularizer.afterStep!(tf.tensor2d([values]), { ...at, step }));

describe('decay', () => {
  test('leaves its factor of the distance', async () => {
    expect(await after(decay(), [100, -10, 0])).toEqual(closeTo([99, -9.9, 0]));
    expect(await after(decay({ factor: 0.5, towards: 2 }), [4, 2, 0])).toEqual([3, 2, 1]);
  });

  test('rejects a factor beyond 0 to 1', () => {
    expect(() => decay({ factor: 1.01 })).toThrow(
      '@cnnviz/actmax: decay: factor must be a number >= 0 and <= 1, got 1.01',
    );
  });
});

describe('gaussianPrior', () => {
  test('takes off half the squared distance in deviations', async () => {
    const codes = [
      [1, 2],
      [-1, 0.5],
    ];
    const prior = gaussianPrior({ weight: 2, mean: [0, 1], deviation: [1, 0.5] });
    const penalties = await read(() => prior.penalty!(tf.zeros([2, 1, 1, 1]), tf.tensor2d(codes)));
    expect(penalties).toEqual(closeTo(codes.map(([a, b]) => a! ** 2 + ((b! - 1) / 0.5) ** 2)));
    const plain = await read(() => gaussianPrior().penalty!(tf.zeros([2, 1, 1, 1]), tf.tensor2d(codes)));
    expect(plain).toEqual(closeTo([2.5, 0.625]));
  });

  test('rejects lists that are not for the code', async () => {
    const prior = gaussianPrior({ mean: [0, 1, 2] });
    await expect(read(() => prior.penalty!(tf.zeros([1, 1, 1, 1]), tf.zeros([1, 2])))).rejects.toThrow(
      /gaussianPrior: mean must be one number, or one for each of a code's, got Float32Array \[0, 1, 2\]/,
    );
    expect(() => gaussianPrior({ deviation: 0 })).toThrow(
      '@cnnviz/actmax: gaussianPrior: deviation must be a number > 0, got 0',
    );
  });
});

describe('totalVariation', () => {
  const size = [2, 4, 5, 2] as const;
  const values = createRandom(0).fillUniform(new Float32Array(80));
  const images = () => tf.tensor4d(values, [...size]);
  const slowly = (pixel: (image: number, y: number, x: number, c: number) => number, power: number) =>
    [0, 1].map((image) => {
      let total = 0;
      for (let y = 0; y < 4; y++) {
        for (let x = 0; x < 5; x++) {
          for (let c = 0; c < 2; c++) {
            const right = x === 4 ? 0 : pixel(image, y, x + 1, c) - pixel(image, y, x, c);
            const down = y === 3 ? 0 : pixel(image, y + 1, x, c) - pixel(image, y, x, c);
            total += (right ** 2 + down ** 2) ** (power / 2);
          }
        }
      }
      return total / 40;
    });

  test.each([1, 2, 3])('to the power %i is that of a loop over pixels', async (power) => {
    const penalties = await read(() => totalVariation({ weight: 3, power }).penalty!(images(), tf.zeros([2, 1])));
    const expected = slowly((image, y, x, c) => values[((image * 4 + y) * 5 + x) * 2 + c]!, power);
    expect(penalties).toEqual(closeTo(expected.map((value) => 3 * value)));
  });

  test('has a gradient where nothing varies, and where there is one row', async () => {
    const { penalty } = totalVariation({ weight: 1, power: 1 });
    for (const shape of [
      [1, 3, 3, 1],
      [1, 1, 4, 1],
    ]) {
      const gradient = await read(() => tf.grad((input) => penalty!(input as Tensor4D, input))(tf.ones(shape)));
      expect(gradient.every((slope) => slope === 0)).toBe(true);
    }
  });
});

describe('blur', () => {
  test('blurs after every few steps, and lets others pass', async () => {
    const values = createRandom(1).fillUniform(new Float32Array(36));
    const blurred = await read(() => gaussianBlur(tf.tensor4d(values, [1, 6, 6, 1]), 0.8));
    const { afterStep } = blur({ sigma: 0.8, every: 3 });
    for (const [step, expected] of [
      [0, [...values]],
      [1, [...values]],
      [2, blurred],
      [5, blurred],
    ] as const) {
      expect(await read(() => afterStep!(tf.tensor4d(values, [1, 6, 6, 1]), { ...at, step }))).toEqual(expected);
    }
  });

  test('is for pixels alone', () => {
    expect(() => blur().check!(fourier({ shape: [4, 4, 1], bounds: [0, 1] }))).toThrow(
      new TypeError('@cnnviz/actmax: blur: is for pixels, not for the variables of fourier'),
    );
    expect(() => blur({ sigma: 0.2 })).toThrow('@cnnviz/actmax: blur: sigma must be a number >= 0.3, got 0.2');
  });
});
