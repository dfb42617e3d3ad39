import { createRandom } from '@cnnviz/internal';
import { linearClassifier, useBackend } from '@cnnviz/testing';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { maximizeActivation } from '../ascent/maximize-activation.ts';
import { logit } from '../objectives/logit.ts';
import { type PixelsOptions, pixels } from './pixels.ts';

useBackend('cpu');

const options = { shape: [8, 8, 3], bounds: [-1, 3] } as const;

async function startOf(changes: Partial<PixelsOptions>, count = 4): Promise<number[]> {
  const start = tf.tidy(() => pixels({ ...options, ...changes }).start(createRandom(0), count));
  const values = [...(await start.data())];
  start.dispose();
  return values;
}

test('starts from the middle of the bounds with noise, each image with its own', async () => {
  const values = await startOf({});
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length);
  expect(mean).toBeCloseTo(1, 2);
  expect(deviation).toBeCloseTo(0.04, 2);
  expect(values.slice(0, 192)).not.toEqual(values.slice(192, 384));
  expect(Math.min(...(await startOf({ deviation: 5 })))).toBe(-1);
  expect(Math.max(...(await startOf({ deviation: 5 })))).toBe(3);
});

test('starts from images, one for all or one for each, without noise', async () => {
  const noise = createRandom(1).fillUniform(new Float32Array(384), -1, 3);
  const two = tf.tensor4d(noise, [2, 8, 8, 3]);
  expect(await startOf({ from: two }, 2)).toEqual([...noise]);
  const one = tf.slice(two, 0, 1);
  const first = [...noise.slice(0, 192)];
  expect(await startOf({ from: one }, 2)).toEqual([...first, ...first]);
  await expect(startOf({ from: two }, 3)).rejects.toThrow(
    /pixels: from must be 1 image or 3, as many as the run has, got float32 tensor \[2, 8, 8, 3\]/,
  );
  tf.dispose([two, one]);
});

test('images outside the bounds are rejected before the first step', async () => {
  const from = tf.fill([1, 2, 2, 1], 2) as Tensor4D;
  const parameterization = pixels({ shape: [2, 2, 1], bounds: [0, 1], from });
  const run = maximizeActivation({
    objective: logit(linearClassifier([[1, 2, 3, 4]], [0]), 0),
    parameterization,
    seed: 0,
  });
  await expect(run).rejects.toThrow('@cnnviz/actmax: pixels: from must be within [0, 1], got 2 (value 0 of 4)');
  from.dispose();
});

test('what cannot be is rejected', () => {
  expect(() => pixels({ ...options, deviation: -1 })).toThrow(
    '@cnnviz/actmax: pixels: deviation must be a number >= 0, got -1',
  );
  expect(() => pixels({ ...options, shape: [8, 8] as never })).toThrow(/pixels: shape must be 3 whole sizes >= 1/);
  expect(() => pixels({ ...options, from: [1] as never })).toThrow(
    '@cnnviz/actmax: pixels: from must be a float32 tensor [n, h, w, c], got [1]',
  );
});
