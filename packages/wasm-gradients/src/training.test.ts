import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { normal, relativeError, tensorOf, useWasm } from '../test-support/compare-with-cpu.ts';
import { everyLayer, expectNoGrowth, inputs, targets } from '../test-support/every-layer.ts';

const optimizers = {
  SGD: () => tf.train.sgd(0.05),
  momentum: () => tf.train.momentum(0.02, 0.9),
  Adam: () => tf.train.adam(0.01),
};

/** Weights after three steps of fit from the same start. */
async function fitOn(backend: 'cpu' | 'wasm', optimizer: tf.Optimizer): Promise<Float32Array[]> {
  await tf.setBackend(backend);
  const model = everyLayer();
  model.setWeights(model.getWeights().map((weight, i) => startOf(weight, i)));
  model.compile({ optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  const [x, y] = [tensorOf(inputs), tensorOf(targets)];
  await model.fit(x, y, { epochs: 3, batchSize: 4, shuffle: false, verbose: 0 });
  const weights = await Promise.all(model.getWeights().map((weight) => weight.data() as Promise<Float32Array>));
  model.dispose();
  optimizer.dispose();
  tf.dispose([x, y]);
  return weights;
}

function startOf(weight: tf.Tensor, i: number): tf.Tensor {
  if (weight.rank === 1) return tf.add(tf.mul(tf.abs(tensorOf(normal(weight.shape, i))), 0.1), 0.5);
  return tf.mul(tensorOf(normal(weight.shape, i)), 0.4);
}

beforeAll(useWasm);

describe('fit', () => {
  it.each(Object.entries(optimizers))('with %s gives the weights that cpu gives', async (_, optimizer) => {
    const expected = await fitOn('cpu', optimizer());
    const actual = await fitOn('wasm', optimizer());
    expect(actual.length).toBe(expected.length);
    actual.forEach((weights, i) => {
      expect(relativeError(weights, expected[i]!)).toBeLessThan(1e-3);
    });
  });

  it('moves the weights', async () => {
    const still = await fitOn('wasm', tf.train.sgd(0));
    const moved = await fitOn('wasm', tf.train.sgd(0.05));
    expect(Math.max(...moved.map((weights, i) => relativeError(weights, still[i]!)))).toBeGreaterThan(0.01);
  });
});

describe('the input gradient of a whole model', () => {
  it('equals central differences', async () => {
    await tf.setBackend('wasm');
    const model = everyLayer();
    model.setWeights(model.getWeights().map((weight, i) => startOf(weight, i)));
    const loss = (x: tf.Tensor) =>
      tf.sum(tf.mul(tf.log(model.apply(x, { training: false }) as tf.Tensor), tensorOf(targets)));
    const gradient = tf.tidy(() => tf.grad(loss)(tensorOf(inputs)));
    const values = (await gradient.data()) as Float32Array;
    // Along random directions, so that every pixel takes part in each comparison.
    for (const seed of [11, 12, 13]) {
      const direction = normal(inputs.shape, seed);
      const along = values.reduce((sum, value, i) => sum + value * direction.values[i]!, 0);
      const step = 1e-3;
      const valueAt = async (distance: number) => {
        const moved = { ...inputs, values: inputs.values.map((v, i) => v + distance * direction.values[i]!) };
        const result = tf.tidy(() => loss(tensorOf(moved)));
        const [value] = await result.data();
        tf.dispose(result);
        return value!;
      };
      const difference = ((await valueAt(step)) - (await valueAt(-step))) / (2 * step);
      expect(Math.abs(along - difference)).toBeLessThan(0.03 * Math.max(1, Math.abs(difference)));
    }
    tf.dispose(gradient);
    model.dispose();
  });
});

describe('training', () => {
  it('grows neither tf.memory() nor the wasm heap over 40 steps', () => expectNoGrowth(40));
});
