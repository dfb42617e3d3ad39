import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { predict } from './predict.ts';

useBackend('cpu');

it('gives the largest logit and its softmax, and keeps no tensor', async () => {
  const images = tf.zeros<tf.Rank.R4>([2, 1, 1, 1]);
  const before = tf.memory().numTensors;
  const logits = [
    [0, Math.log(3), 0],
    [Math.log(8), 0, 0],
  ];
  const predictions = await predict(() => tf.tensor2d(logits), images);
  expect(predictions.map(({ label }) => label)).toEqual([1, 0]);
  expect(predictions[0]?.confidence).toBeCloseTo(0.6, 6);
  expect(predictions[1]?.confidence).toBeCloseTo(0.8, 6);
  expect(tf.memory().numTensors).toBe(before);
  images.dispose();
});
