import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { normal, relativeError, tensorOf, useWasm } from '../test-support/compare-with-cpu.ts';
import type { WasmBackend } from './wasm-backend.ts';

class LocalResponseNormalization extends layers.layers.Layer {
  static className = 'LocalResponseNormalization';

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor4D;
    return tf.localResponseNormalization(x, 2, 1, 0.1, 0.75);
  }

  override computeOutputShape(shape: layers.Shape): layers.Shape {
    return shape;
  }
}

const { layers: l } = layers;

/** One of every kind of layer that the package promises to train. */
function everyLayer(): layers.Sequential {
  return layers.sequential({
    layers: [
      l.conv2d({ inputShape: [9, 9, 3], filters: 6, kernelSize: 3, padding: 'same', activation: 'relu' }),
      new LocalResponseNormalization({}),
      l.maxPooling2d({ poolSize: 2, padding: 'same' }),
      l.zeroPadding2d({ padding: 1 }),
      l.conv2d({ filters: 5, kernelSize: 3, strides: 2, useBias: false }),
      l.batchNormalization(),
      l.leakyReLU(),
      // cpu's gradient of 'nearest' is wrong for more than one image.
      l.upSampling2d({ size: [2, 2], interpolation: 'bilinear' }),
      l.conv2dTranspose({ filters: 4, kernelSize: 3, strides: 2, padding: 'same', activation: 'sigmoid' }),
      l.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, activation: 'tanh' }),
      l.batchNormalization(),
      l.reLU({ maxValue: 6 }),
      l.separableConv2d({ filters: 7, kernelSize: 3, activation: 'elu' }),
      l.averagePooling2d({ poolSize: 2 }),
      l.dropout({ rate: 0.25, seed: 5 }),
      l.flatten(),
      l.dense({ units: 8, activation: 'relu6' }),
      l.dense({ units: 6 }),
      l.softmax(),
    ],
  });
}

const inputs = normal([4, 9, 9, 3], 1);
const targets = { shape: [4, 6], values: new Float32Array(24).map((_, i) => (i % 7 === 0 ? 1 : 0)) };

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

/** Counts allocations less releases on the wasm heap; a heap with room in it would hide a small leak. */
function countAllocations(wasm: WasmBackend['wasm']) {
  const { _malloc, _free } = wasm;
  let live = 0;
  wasm._malloc = (bytes) => {
    live++;
    return _malloc(bytes);
  };
  wasm._free = (address) => {
    live--;
    _free(address);
  };
  return {
    stop() {
      Object.assign(wasm, { _malloc, _free });
      return live;
    },
  };
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
  it('grows neither tf.memory() nor the wasm heap over 200 steps', async () => {
    await tf.setBackend('wasm');
    const { wasm } = tf.backend() as unknown as WasmBackend;
    const model = everyLayer();
    const optimizer = tf.train.momentum(0.01, 0.9);
    const [x, y] = [tensorOf(inputs), tensorOf(targets)];
    const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const step = async () => {
      const loss = optimizer.minimize(
        () =>
          tf.mean(
            tf.sum(tf.neg(tf.mul(tf.log(tf.add(model.apply(x, { training: true }) as tf.Tensor, 1e-6)), y)), 1),
          ) as tf.Scalar,
        true,
        variables,
      )!;
      await loss.data();
      tf.dispose(loss);
    };
    for (let i = 0; i < 10; i++) await step();
    const before = tf.memory();
    const heap = wasm.HEAPU8.length;
    const live = countAllocations(wasm);
    for (let i = 0; i < 200; i++) await step();
    expect(live.stop()).toBe(0);
    expect(tf.memory().numTensors).toBe(before.numTensors);
    expect(tf.memory().numBytes).toBe(before.numBytes);
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
    expect(wasm.HEAPU8.length).toBe(heap);
    model.dispose();
    optimizer.dispose();
    tf.dispose([x, y]);
  });
});
