import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { dropout, spatialDropout } from '../index.ts';

useBackend('cpu');

const valuesOf = async (tensor: tf.Tensor) => [...(await tensor.data())];

test.each([0.1, 0.5, 0.8])('at rate %d keeps mean and has the variance rate / (1 - rate) of its mask', async (rate) => {
  const count = 40_000;
  const values = await valuesOf(dropout(tf.ones([count]), { rate, seed: 0, training: true }));
  const kept = Math.fround(1 / (1 - rate));
  expect(new Set(values)).toEqual(new Set([0, kept]));
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const deviation = Math.sqrt(rate / (1 - rate) / count);
  expect(Math.abs(mean - 1)).toBeLessThan(4 * deviation);
  const variance = values.reduce((sum, value) => sum + (value - 1) ** 2, 0) / count;
  expect(variance / (rate / (1 - rate))).toBeCloseTo(1, 1);
});

test('the gradient passes, scaled, where a value was kept and nowhere else', async () => {
  const input = tf.linspace(1, 5, 50);
  const drop = (x: tf.Tensor1D) => dropout(x, { rate: 0.4, seed: 3, training: true });
  const output = await valuesOf(drop(input));
  const gradient = await valuesOf(tf.grad((x) => tf.sum(drop(x as tf.Tensor1D)))(input));
  expect(gradient).toEqual(output.map((value) => (value === 0 ? 0 : Math.fround(1 / 0.6))));
  expect(output.filter((value) => value === 0).length).toBeGreaterThan(5);
});

test('is the identity when not training, and drops all at rate 1', async () => {
  const input = tf.tensor1d([1, -2, 3]);
  expect(await valuesOf(dropout(input, { rate: 0.9, seed: 0, training: false }))).toEqual([1, -2, 3]);
  expect(await valuesOf(dropout(input, { rate: 0, seed: 0, training: true }))).toEqual([1, -2, 3]);
  expect(await valuesOf(dropout(input, { rate: 1, seed: 0, training: true })).then((v) => v.map(Math.abs))).toEqual([
    0, 0, 0,
  ]);
});

test('what is dropped is 0, also where it was infinite or NaN', async () => {
  const odd = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];
  const input = tf.tensor2d(Array.from({ length: 40 }, () => odd));
  const options = { rate: 0.5, seed: 0, training: true };
  const rows = async (tensor: tf.Tensor) => (await tensor.array()) as number[][];
  for (const row of await rows(dropout(input, { ...options, noiseShape: [40, 1] }))) {
    expect([[0, 0, 0], odd]).toContainEqual(row);
  }
  expect(await valuesOf(dropout(input, { ...options, rate: 1 }))).toEqual(new Array(120).fill(0));
  const maps = spatialDropout(tf.fill([40, 2, 2, 1], Number.POSITIVE_INFINITY), options);
  expect(new Set(await valuesOf(maps))).toEqual(new Set([0, Number.POSITIVE_INFINITY]));
});

test('along a noise shape of 1 all are dropped together', async () => {
  const values = await valuesOf(dropout(tf.ones([64, 3]), { rate: 0.5, seed: 0, training: true, noiseShape: [64, 1] }));
  const rows = Array.from({ length: 64 }, (_, row) => values.slice(row * 3, row * 3 + 3));
  expect(rows.every((row) => new Set(row).size === 1)).toBe(true);
  expect(new Set(values)).toEqual(new Set([0, 2]));
});

test('spatial dropout keeps or drops whole maps, of each image by itself', async () => {
  const [count, size, channels] = [40, 3, 5];
  const values = await valuesOf(
    spatialDropout(tf.ones([count, size, size, channels]), { rate: 0.5, seed: 1, training: true }),
  );
  const patterns = new Set<string>();
  for (let image = 0; image < count; image++) {
    const pixels = Array.from({ length: size * size }, (_, pixel) => {
      const start = (image * size * size + pixel) * channels;
      return values.slice(start, start + channels).join();
    });
    expect(new Set(pixels).size).toBe(1);
    patterns.add(pixels[0]!);
  }
  expect(patterns.size).toBeGreaterThan(10);
});
