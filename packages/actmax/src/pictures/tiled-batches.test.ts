import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { filmStrip, methodsGrid } from '../index.ts';

useBackend('cpu');

/** One pixel each. */
const pixels = (...values: number[]) => tf.tensor4d(values, [values.length, 1, 1, 1]);
const gray = async (picture: tf.Tensor3D) =>
  ((await picture.array()) as number[][][]).map((row) => row.map(([red]) => red));

test('a film strip has a row for each image and a column for each moment, in the scale of the bounds', async () => {
  const frames = [pixels(-1, 0), pixels(-0.5, 0.5), pixels(1, 2)];
  const picture = filmStrip(frames, { bounds: [-1, 1], padding: 0 });
  expect(await gray(picture)).toEqual([
    [0, 0.25, 1],
    [0.5, 0.75, 1],
  ]);
});

test('a grid has a row for each method and a column for each unit, with white between', async () => {
  const picture = methodsGrid([pixels(0, 0.25, 0.5), pixels(1, 0.75, 0)], { bounds: [0, 1] });
  expect(await gray(picture)).toEqual([
    [0, 1, 0.25, 1, 0.5],
    [1, 1, 1, 1, 1],
    [1, 1, 0.75, 1, 0],
  ]);
});

test('keeps colors', async () => {
  const image = tf.tensor4d([0, 0.5, 1], [1, 1, 1, 3]);
  expect(await methodsGrid([image], { bounds: [0, 1] }).array()).toEqual([[[0, 0.5, 1]]]);
});
