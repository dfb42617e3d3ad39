import { batchesOf, createRandom } from '@cnnviz/internal';
import { useBackend } from '@cnnviz/testing';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { codeBounds, codeBoundsOf } from './code-bounds.ts';
import { addToCodeMoments, emptyCodeMoments, mergeCodeMoments } from './code-moments.ts';

useBackend('cpu');

const features = 5;
const flatten = (images: Tensor4D) => tf.reshape(images, [images.shape[0], features]) as Tensor2D;

/** Uniform features whose mean is far larger than their spread: sums of squares would lose the variance. */
function drawRows(count: number): Float32Array {
  const random = createRandom(3);
  return random.fillUniform(new Float32Array(count * features), 4000, 4001);
}

/** First the mean, then the squared differences from it. */
function inTwoPasses(rows: Float32Array, feature: number) {
  const values = Array.from({ length: rows.length / features }, (_, row) => rows[row * features + feature]!);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(variance) };
}

test('are 0 and mean + 3 deviations as two passes find them, whatever the batches', async () => {
  const rows = drawRows(101);
  const images = tf.tensor4d(rows, [101, 1, 1, features]);
  const results = [];
  for (const size of [1, 7, 101]) {
    const batches = (function* () {
      for (const { images: batch } of batchesOf({ images }, size)) yield batch;
    })();
    results.push(await codeBounds(flatten, batches));
  }
  for (const { lower, upper, mean, deviation, images: count } of results) {
    expect(count).toBe(101);
    expect([...lower]).toEqual(Array(features).fill(0));
    for (let feature = 0; feature < features; feature++) {
      const expected = inTwoPasses(rows, feature);
      expect(mean[feature]).toBe(Math.fround(expected.mean));
      expect(Math.abs(deviation[feature]! / expected.deviation - 1)).toBeLessThan(1e-6);
      expect(upper[feature]).toBeCloseTo(expected.mean + 3 * expected.deviation, 3);
    }
  }
});

test('of parts are merged to those of the whole, in any order', () => {
  const rows = drawRows(60);
  const parts = [
    rows.subarray(0, 5 * features),
    rows.subarray(5 * features, 6 * features),
    rows.subarray(6 * features),
  ];
  const [a, b, c] = parts.map((part) => addToCodeMoments(emptyCodeMoments(features), part));
  const whole = addToCodeMoments(emptyCodeMoments(features), rows);
  const empty = emptyCodeMoments(features);
  for (const merged of [
    mergeCodeMoments(mergeCodeMoments(a!, b!), c!),
    mergeCodeMoments(c!, mergeCodeMoments(a!, b!)),
    mergeCodeMoments(mergeCodeMoments(empty, mergeCodeMoments(b!, c!)), a!),
  ]) {
    expect(merged.count).toBe(60);
    expect([...merged.min, ...merged.max]).toEqual([...whole.min, ...whole.max]);
    for (let feature = 0; feature < features; feature++) {
      expect(merged.mean[feature]).toBeCloseTo(whole.mean[feature]!, 9);
      expect(merged.squares[feature]! / whole.squares[feature]!).toBeCloseTo(1, 9);
    }
  }
});

test('of signed features reach as far below the mean', () => {
  const moments = addToCodeMoments(emptyCodeMoments(1), [-3, 1]);
  const { lower, upper } = codeBoundsOf(moments, { signed: true, deviations: 2 });
  expect([lower[0], upper[0]]).toEqual([-5, 3]);
  expect(() => codeBoundsOf(moments)).toThrow(
    /@cnnviz\/actmax: codeBoundsOf: features must be >= 0 unless signed is true, got -3 of feature 0/,
  );
});

test('need an image, and parts of one size', async () => {
  await expect(codeBounds(flatten, [])).rejects.toThrow(/codeBounds: batches must be at least one batch/);
  expect(() => codeBoundsOf(emptyCodeMoments(2))).toThrow(/moments must be of at least one image, got 0/);
  expect(() => mergeCodeMoments(emptyCodeMoments(2), emptyCodeMoments(3))).toThrow(
    /b must be moments of 2 features, got 3/,
  );
});
