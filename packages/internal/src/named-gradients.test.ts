import { useBackend } from '@cnnviz/testing';
import type { Scalar } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { namedGradients, tensorsOf } from './named-gradients.ts';

useBackend('cpu');

test('are those of the loss, in the order of the variables, without one that it does not depend on', async () => {
  const [a, unused, b] = tf.tidy(() => [2, 7, 5].map((value) => tf.variable(tf.scalar(value)))) as [
    tf.Variable,
    tf.Variable,
    tf.Variable,
  ];
  const before = tf.memory().numTensors;
  // d(a² b)/db = a² and d(a² b)/da = 2ab.
  const gradients = namedGradients([b, unused, a], () => tf.mul(tf.square(a), b) as Scalar);
  expect(gradients.map(({ name }) => name)).toEqual([b.name, a.name]);
  expect(await Promise.all(tensorsOf(gradients).map(async (tensor) => (await tensor.data())[0]))).toEqual([4, 20]);
  expect(tf.memory().numTensors).toBe(before + 2);
  tf.dispose([...tensorsOf(gradients)]);

  const fail = () => {
    tf.square(a);
    throw new Error('no loss');
  };
  expect(() => namedGradients([a, b], fail)).toThrow('no loss');
  expect(tf.memory().numTensors).toBe(before);
  tf.dispose([a, unused, b]);
});
