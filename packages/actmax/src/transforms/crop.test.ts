import { createRandom } from '@cnnviz/internal';
import { useBackend } from '@cnnviz/testing';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { maximizeActivation } from '../ascent/maximize-activation.ts';
import { logit } from '../objectives/logit.ts';
import { pixels } from '../parameterizations/pixels.ts';
import { crop } from './crop.ts';
import { noise } from './noise.ts';
import { wholeView } from './transform.ts';
import { transformImages } from './transform-images.ts';

useBackend('cpu');

test('a crop shows a part between its sizes, within the image', () => {
  const random = createRandom(0);
  const { look } = crop({ part: [0.5, 0.75], size: [8, 10] });
  const image = { height: 40, width: 20 };
  const parts: number[] = [];
  for (let draw = 0; draw < 200; draw++) {
    const { height, width, xx, yy, x0, y0, xy, yx } = look(wholeView(40, 20), random, image);
    expect([height, width, xy, yx]).toEqual([8, 10, 0, 0]);
    parts.push((yy * height) / 40);
    expect((xx * width) / 20).toBeCloseTo(parts.at(-1)!, 10);
    // The outer edges of the first and the last pixel.
    expect(x0 - xx / 2).toBeGreaterThanOrEqual(-0.5 - 1e-9);
    expect(y0 - yy / 2).toBeGreaterThanOrEqual(-0.5 - 1e-9);
    expect(x0 + xx * (width - 0.5)).toBeLessThanOrEqual(19.5 + 1e-9);
    expect(y0 + yy * (height - 0.5)).toBeLessThanOrEqual(39.5 + 1e-9);
  }
  expect(Math.min(...parts)).toBeGreaterThanOrEqual(0.5);
  expect(Math.max(...parts)).toBeLessThanOrEqual(0.75);
  expect(Math.max(...parts) - Math.min(...parts)).toBeGreaterThan(0.2);
});

test('a crop of everything is the image', async () => {
  const images = tf.reshape(tf.range(0, 24), [1, 4, 6, 1]) as Tensor4D;
  const seen = transformImages(images, [crop({ part: [1, 1] })], createRandom(0), 0);
  expect([...(await seen.data())]).toEqual([...(await images.data())]);
  tf.dispose([images, seen]);
});

test('refuses parts that are none', () => {
  expect(() => crop({ part: [0, 1] })).toThrow('@cnnviz/actmax: crop: part[0] must be');
  expect(() => crop({ part: [0.8, 0.5] })).toThrow('@cnnviz/actmax: crop: part[1] must be');
  expect(() => noise({ deviation: -1 })).toThrow('@cnnviz/actmax: noise: deviation must be a number >= 0, got -1');
});

test('noise has its deviation, and is another one in each look', async () => {
  const images = tf.fill([1, 64, 64, 1], 0.5) as Tensor4D;
  const random = createRandom(1);
  const [first, second] = tf.tidy(() => [
    noise({ deviation: 0.1 })(images, random),
    noise({ deviation: 0.1 })(images, random),
  ]);
  const [one, other] = (await Promise.all([first.data(), second.data()])) as Float32Array[] as [
    Float32Array,
    Float32Array,
  ];
  const mean = one.reduce((sum, value) => sum + value, 0) / one.length;
  const deviation = Math.sqrt(one.reduce((sum, value) => sum + (value - mean) ** 2, 0) / one.length);
  // Five standard errors of 4096 numbers.
  expect(Math.abs(mean - 0.5)).toBeLessThan(5 * (0.1 / 64));
  expect(Math.abs(deviation - 0.1)).toBeLessThan(5 * (0.1 / Math.sqrt(2 * 4096)));
  expect([...one]).not.toEqual([...other]);
  tf.dispose([images, first, second]);
});

test('the gradient of several views is the mean of that of each', async () => {
  // Each look sees the image times another number.
  const factors = [1, 2, 6];
  let looks = 0;
  const times = (images: Tensor4D): Tensor4D => tf.mul(images, factors[looks++ % 3]!);
  const model = (images: Tensor4D) => tf.reshape(tf.mul(images, 1), [-1, 2]) as tf.Tensor2D;
  const options = {
    objective: logit(model, [0]),
    parameterization: pixels({ shape: [1, 2, 1], bounds: [0, 100], from: tf.ones([1, 1, 2, 1]) as Tensor4D }),
    optimizer: {
      name: 'gradient',
      memory: 0,
      update: (gradient: tf.Tensor) => ({ update: gradient, memory: [] }),
    },
    steps: 1,
    seed: 0,
  };
  const { last, trace } = await maximizeActivation({ ...options, transforms: [times], views: 3 });
  expect(trace[0]).toEqual([3]);
  expect([...(await last.images.data())]).toEqual([4, 1]);
  await expect(maximizeActivation({ ...options, views: 0 })).rejects.toThrow('views must be an integer >= 1, got 0');
  tf.dispose(last.images);
});
