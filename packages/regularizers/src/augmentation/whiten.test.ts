import { useBackend } from '@cnnviz/testing';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { withNaiveSums } from '../../test-support/naive-sums.ts';
import { colorJitter, whiten } from '../index.ts';

useBackend('cpu');

const constant = (value: number) => tf.fill([1, 100, 100, 3], value) as Tensor4D;
const largest = async (tensor: tf.Tensor) => (await tf.max(tf.abs(tensor)).data())[0]!;

test('the naive sums of these tests lose as much as those of stock wasm', async () => {
  const off = await withNaiveSums(async () => (await tf.sum(tf.fill([100_000], 0.1)).data())[0]!);
  expect(Math.abs(off - 10_000)).toBeGreaterThan(0.5);
  expect((await tf.sum(tf.fill([100_000], 0.1)).data())[0]).toBeCloseTo(10_000, 1);
});

test.each([249, 0.1, -1e6])('a constant image of %d becomes zeros, whatever the backend rounds', async (value) => {
  expect(await largest(whiten(constant(value)))).toBe(0);
  expect(await withNaiveSums(() => largest(whiten(constant(value))))).toBe(0);
});

test('has mean 0 and variance 1 where float32 sums over the image would not', async () => {
  const size = 100 * 100 * 3;
  const values = Float32Array.from({ length: size }, (_, index) => 249 + ((index * 7) % 11) / 11);
  const whitened = await withNaiveSums(() => whiten(tf.tensor4d(values, [1, 100, 100, 3])).data<'float32'>());
  const mean = whitened.reduce((sum, value) => sum + value, 0) / size;
  const variance = whitened.reduce((sum, value) => sum + value * value, 0) / size;
  expect(Math.abs(mean)).toBeLessThan(1e-4);
  expect(Math.abs(variance - 1)).toBeLessThan(1e-4);
});

test('a jitter of contrast leaves a constant image as it is', async () => {
  const gray = (value: number) => tf.fill([1, 100, 100, 1], value) as Tensor4D;
  const jitter = colorJitter({ bounds: [0, 255], contrast: 0.9 });
  const change = () => largest(tf.sub(jitter(gray(249), { seed: 1 }), 249));
  expect(await withNaiveSums(change)).toBe(0);
});
