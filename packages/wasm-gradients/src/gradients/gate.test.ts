import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { normal, relativeError, resultOnBoth, tensorOf, useWasm } from '../../test-support/compare-with-cpu.ts';
import { kernelsFor } from '../../test-support/kernels-for.ts';

const x = normal([3, 30, 29, 11], 1);
const weights = normal([3, 30, 29, 11], 2);

beforeEach(useWasm);

describe('gates one after the other', () => {
  const gradientOf = (f: (images: tf.Tensor) => tf.Tensor) => () =>
    tf.grad((images: tf.Tensor) => tf.sum(tf.mul(f(images), tensorOf(weights))))(tf.mul(tensorOf(x), 4));

  it.each<[string, number, (images: tf.Tensor) => tf.Tensor]>([
    ['ReLU6 of two operations', 1, (images) => tf.clipByValue(tf.relu(images), 0, 6)],
    ['a ReLU cut off below', 1, (images) => tf.clipByValue(tf.relu(images), 1, 6)],
    ['ReLU6 of one operation', 1, tf.relu6],
    ['two ReLUs', 1, (images) => tf.relu(tf.relu(images))],
    ['a leaky one on a ReLU', 2, (images) => tf.leakyRelu(tf.relu(images), 0.1)],
    ['a ReLU on a leaky one', 2, (images) => tf.relu(tf.leakyRelu(images, 0.1))],
    ['a ReLU that two read', 3, (images) => tf.add(tf.relu6(tf.relu(images)), tf.relu6(tf.sub(tf.relu(images), 1)))],
  ])('equal cpu: %s', async (_, gates, f) => {
    const { actual, expected } = await resultOnBoth(gradientOf(f));
    expect(relativeError(actual, expected)).toBeLessThan(1e-6);
    expect((await kernelsFor(gradientOf(f))).gateGrad).toBe(gates);
  });
});
