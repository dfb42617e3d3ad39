import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { lastFiniteWeights } from './last-finite-weights.ts';

useBackend('cpu');

test('gives back the weights of the last step that returned, and frees all copies', async () => {
  const weight = tf.tidy(() => tf.variable(tf.scalar(1)));
  const set = (value: number) => tf.tidy(() => weight.assign(tf.scalar(value)));
  const value = async () => (await weight.data())[0];
  const before = tf.memory().numTensors;
  const kept = lastFiniteWeights([weight]);

  // Without a step that returned, the weights from before this one count.
  const fail = async () => {
    set(2);
    kept.restore();
    throw new Error('not finite');
  };
  await expect(kept.during(fail)).rejects.toThrow('not finite');
  expect(await value()).toBe(1);

  expect(await kept.during(async () => set(3))).toBeUndefined();
  await expect(kept.during(fail)).rejects.toThrow('not finite');
  expect(await value()).toBe(1);

  await kept.during(async () => set(4));
  await kept.during(async () => set(5));
  kept.restore();
  expect(await value()).toBe(4);
  kept.dispose();
  expect(tf.memory().numTensors).toBe(before);
  weight.dispose();
});
