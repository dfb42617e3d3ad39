import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { checker } from './check.ts';
import { disposeTapeOnThrow, requireGradients } from './gradients.ts';

test('requireGradients says what to import, until it is imported', async () => {
  const check = checker('@cnnviz/adversarial', 'fgsm');
  expect(tf.getGradient('Sum'), 'something has registered gradients already').toBeUndefined();
  expect(() => requireGradients(check)).toThrow(/^@cnnviz\/adversarial: fgsm: .*import '@tensorflow\/tfjs-layers'/);
  await import('@tensorflow/tfjs-layers');
  expect(() => requireGradients(check)).not.toThrow();
});

describe('disposeTapeOnThrow', () => {
  const throwing = (x: tf.Tensor): tf.Scalar => {
    const squares = tf.square(tf.relu(x));
    if (squares.rank === 1) throw new Error('in the forward pass');
    return tf.sum(squares);
  };

  /** Tensors left by `differentiate`, which must throw. */
  const leftBy = async (differentiate: (x: tf.Tensor) => unknown) => {
    const { startBackend } = await import('@cnnviz/testing');
    await startBackend('cpu');
    const x = tf.tensor1d([1, 2]);
    const before = tf.memory().numTensors;
    expect(() => tf.tidy(() => void differentiate(x))).toThrow('in the forward pass');
    const left = tf.memory().numTensors - before;
    x.dispose();
    return left;
  };

  test('leaves no tensor where tfjs alone does', async () => {
    expect(await leftBy((x) => tf.grad(throwing)(x))).toBeGreaterThan(0);
    expect(await leftBy((x) => disposeTapeOnThrow(() => tf.grad(throwing)(x)))).toBe(0);
    expect(await leftBy((x) => disposeTapeOnThrow(() => tf.valueAndGrad(throwing)(x)))).toBe(0);
    const variable = tf.tidy(() => tf.variable(tf.scalar(1)));
    expect(await leftBy((x) => disposeTapeOnThrow(() => tf.variableGrads(() => throwing(tf.mul(x, variable)))))).toBe(
      0,
    );
    variable.dispose();
  });

  test('returns what it is given, and keeps a gradient around it intact', async () => {
    const { startBackend } = await import('@cnnviz/testing');
    await startBackend('cpu');
    const outer = (x: tf.Tensor): tf.Scalar => {
      const cubes = tf.pow(x, 3);
      try {
        disposeTapeOnThrow(() => tf.grad(throwing)(x));
      } catch {}
      return tf.sum(cubes);
    };
    const gradient = tf.tidy(() => disposeTapeOnThrow(() => tf.grad(outer)(tf.tensor1d([1, 2]))));
    expect([...(await gradient.data())]).toEqual([3, expect.closeTo(12, 4)]);
    gradient.dispose();
  });
});
