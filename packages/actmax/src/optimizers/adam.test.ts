import { useBackend } from '@cnnviz/testing';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { adam } from './adam.ts';

useBackend('cpu');

const gradients = [
  [1, -2, 0.001],
  [0.5, 3, 0],
  [-4, 3, -1e-4],
];

test('is algorithm 1 of the paper, uphill', async () => {
  const { update } = adam({ learningRate: 0.1, beta1: 0.8, beta2: 0.95, epsilon: 1e-6 });
  let memory: Tensor[] = [tf.zeros([1, 3]), tf.zeros([1, 3])];
  const [mean, square] = [
    [0, 0, 0],
    [0, 0, 0],
  ];
  for (const [step, gradient] of gradients.entries()) {
    const next = tf.tidy(() => update(tf.tensor2d([gradient]), memory, { step, steps: 3 }));
    const expected = gradient.map((slope, index) => {
      mean[index] = 0.8 * mean[index]! + 0.2 * slope;
      square[index] = 0.95 * square[index]! + 0.05 * slope ** 2;
      const [first, second] = [mean[index]! / (1 - 0.8 ** (step + 1)), square[index]! / (1 - 0.95 ** (step + 1))];
      return (0.1 * first) / (Math.sqrt(second) + 1e-6);
    });
    expect([...(await next.update.data())]).toEqual(expected.map((value) => expect.closeTo(value, 6)));
    tf.dispose([memory, next.update]);
    memory = next.memory;
  }
  tf.dispose(memory);
});

test('equals the optimizer of tfjs', async () => {
  const variable = tf.variable(tf.tensor2d([[0, 0, 0]]));
  const theirs = tf.train.adam(0.05);
  let position = tf.zeros([1, 3]);
  let memory: Tensor[] = [tf.zeros([1, 3]), tf.zeros([1, 3])];
  for (const [step, gradient] of gradients.entries()) {
    theirs.applyGradients({ [variable.name]: tf.tensor2d([gradient.map((slope) => -slope)]) } as never);
    const next = tf.tidy(() => adam({ epsilon: 1e-7 }).update(tf.tensor2d([gradient]), memory, { step, steps: 3 }));
    position = tf.add(position, next.update);
    memory = next.memory;
  }
  const [expected, actual] = await Promise.all([variable.data(), position.data()]);
  expect([...actual]).toEqual([...expected].map((value) => expect.closeTo(value, 5)));
});

test('rejects what is out of range', () => {
  expect(() => adam({ learningRate: 0 })).toThrow('@cnnviz/actmax: adam: learningRate must be a number > 0, got 0');
  expect(() => adam({ beta2: 1 })).toThrow('@cnnviz/actmax: adam: beta2 must be a number >= 0 and < 1, got 1');
});
