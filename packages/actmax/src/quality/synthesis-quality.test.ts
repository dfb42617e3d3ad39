import { batchesOf, createRandom } from '@cnnviz/internal';
import { linearClassifier, useBackend } from '@cnnviz/testing';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { nearestDistances } from './nearest-distances.ts';
import { synthesisQuality } from './synthesis-quality.ts';

useBackend('cpu');

type Rows = number[][];
const draw = (seed: number, count: number): Rows => {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => Array.from({ length: 6 }, () => Math.fround(random.uniform())));
};
const imagesOf = (rows: Rows) => tf.tensor4d(rows.flat(), [rows.length, 2, 3, 1]);
const batches = (images: Tensor4D, size: number) => ({
  *[Symbol.iterator]() {
    for (const { images: batch } of batchesOf({ images }, size)) yield batch;
  },
});
const distance = (a: number[], b: number[]) =>
  Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0) / 6);
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

test('finds the nearest image as a slow search does, across batches', async () => {
  const [rows, others] = [draw(1, 5), draw(2, 23)];
  rows[3] = others[20]!;
  const nearest = await nearestDistances(imagesOf(rows), batches(imagesOf(others), 4));
  for (const [image, { distance: found, index }] of nearest.entries()) {
    const distances = others.map((other) => distance(rows[image]!, other));
    expect(index).toBe(distances.indexOf(Math.min(...distances)));
    expect(found).toBeCloseTo(Math.min(...distances), 12);
  }
  expect(nearest[3]).toEqual({ distance: 0, index: 20 });
  await expect(nearestDistances(imagesOf(rows), [tf.zeros([1, 3, 3, 1])])).rejects.toThrow(/of images \[2, 3, 1\]/);
  await expect(nearestDistances(imagesOf(rows), [])).rejects.toThrow(/at least one image/);
});

test('tells images apart that differ little, and are many pixels', async () => {
  const gray = (value: number) => tf.fill([1, 224, 224, 3], value) as Tensor4D;
  const difference = Math.fround(0.91) - Math.fround(0.9);
  const [nearest] = await nearestDistances(gray(0.9), [gray(0.5), gray(0.91), gray(0.92)]);
  expect(nearest!.index).toBe(1);
  expect(nearest!.distance).toBeCloseTo(difference, 12);

  const units = (images: Tensor4D) => tf.mean(images, [1, 2]) as tf.Tensor2D;
  const images = tf.concat([gray(0.9), gray(0.91)]);
  const [row] = await synthesisQuality([{ method: 'gray', unit: 0, images }], { units, data: [images] });
  expect(row).toMatchObject({ nearestDistance: 0 });
  expect(row!.diversity).toBeCloseTo(difference, 12);
});

test('measures each synthesis as is written out here', async () => {
  const unitWeights = draw(3, 2);
  const judgeWeights = draw(4, 3);
  const data = draw(5, 11);
  const made = draw(6, 4);
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const table = await synthesisQuality(
    [
      { method: 'generator', unit: 1, images: imagesOf(made) },
      { method: 'pixels', unit: 0, images: imagesOf(made.slice(0, 1)) },
    ],
    {
      units: linearClassifier(unitWeights, [0, 0]),
      data: batches(imagesOf(data), 3),
      judge: linearClassifier(judgeWeights, [0, 0, 0]),
    },
  );
  const [row, single] = table;
  const bestReal = Math.max(...data.map((image) => dot(image, unitWeights[1]!)));
  const activation = mean(made.map((image) => dot(image, unitWeights[1]!)));
  const logits = made.map((image) => judgeWeights.map((weights) => dot(image, weights)));
  const probability = (values: number[], label: number) =>
    Math.exp(values[label]!) / values.reduce((sum, value) => sum + Math.exp(value), 0);
  const pairs = made.flatMap((a, i) => made.slice(i + 1).map((b) => distance(a, b)));
  expect(row).toMatchObject({ method: 'generator', unit: 1, images: 4 });
  expect(row!.activation).toBeCloseTo(activation, 5);
  expect(row!.bestReal).toBeCloseTo(bestReal, 5);
  expect(row!.activationRatio).toBeCloseTo(activation / bestReal, 5);
  expect(row!.recognized).toBe(mean(logits.map((values) => (values.indexOf(Math.max(...values)) === 1 ? 1 : 0))));
  expect(row!.confidence).toBeCloseTo(mean(logits.map((values) => probability(values, 1))), 5);
  expect(row!.nearestDistance).toBeCloseTo(mean(made.map((a) => Math.min(...data.map((b) => distance(a, b))))), 4);
  expect(row!.diversity).toBeCloseTo(mean(pairs), 4);
  expect(single).toMatchObject({ method: 'pixels', unit: 0, images: 1, diversity: null });
});

test('leaves out what there is no judge for, and rejects units that do not exist', async () => {
  const images = imagesOf(draw(7, 2));
  const units = linearClassifier(draw(8, 2), [0, 0]);
  const [row] = await synthesisQuality([{ method: 'real', unit: 0, images }], { units, data: [images] });
  expect(row).toMatchObject({ recognized: null, confidence: null, nearestDistance: expect.closeTo(0, 3) });
  const asked = (unit: number, options = {}) =>
    expect(synthesisQuality([{ method: 'a', unit, images }], { units, data: [images], ...options })).rejects;
  await asked(2).toThrow(/synthesisQuality: unit must be an integer <= 1, got 2/);
  await asked(1, { judge: linearClassifier(draw(9, 1), [0]) }).toThrow(/judge must be one of more than 1 classes/);
  await asked(0, { data: [] }).toThrow(/data must be at least one batch/);
  await expect(synthesisQuality([], { units, data: [images] })).rejects.toThrow(/syntheses must be at least one/);
});
