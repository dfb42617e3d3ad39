import { constantClassifier, useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { judge } from './judge.ts';

useBackend('cpu');

it('says what a network reads in images made for 0, 1 and 2, and how sure it is of what they were made for', async () => {
  const images = tf.zeros([3, 2, 2, 1]) as tf.Tensor4D;
  const before = tf.memory().numTensors;
  const { confidences, readings, mean, agreed } = await judge(constantClassifier([0, Math.log(2), 0]), images);
  expect(tf.memory().numTensors).toBe(before);
  images.dispose();
  for (const [made, expected] of [0.25, 0.5, 0.25].entries()) expect(confidences[made]).toBeCloseTo(expected, 6);
  expect(readings).toEqual([1, 1, 1]);
  expect(agreed).toBe(1);
  expect(mean).toBeCloseTo(1 / 3, 6);
});
