import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { normal, relativeError, tensorOf, useWasm } from '../test-support/compare-with-cpu.ts';
import { simdOf } from './simd.ts';
import { activeWasmBackend } from './wasm-backend.ts';

let computations: MockInstance;
let before: { tensors: number; bytes: number; buffers: number; ids: number };

const memory = () => {
  const { numTensors, numBytes, numDataBuffers } = tf.memory();
  return { tensors: numTensors, bytes: numBytes, buffers: numDataBuffers, ids: activeWasmBackend()!.numDataIds() };
};

beforeEach(async () => {
  await useWasm();
  computations = vi.spyOn(simdOf(activeWasmBackend()!), 'conv2dBackpropFilter');
  before = memory();
});

afterEach(() => {
  expect(memory()).toEqual(before);
  computations.mockRestore();
});

/** The deferred filter gradient of ones on ones: each of the 9 taps of a valid 3x3 convolution sees 4 pixels. */
function deferredGradient() {
  const x = tf.ones([1, 4, 4, 1]);
  const dy = tf.ones([1, 2, 2, 1]);
  const result = tf.engine().runKernel('Conv2DBackpropFilter', { x, dy }, {
    strides: 1,
    pad: 'valid',
    dataFormat: 'NHWC',
    filterShape: [3, 3, 1, 1],
  } as unknown as tf.NamedAttrMap) as tf.Tensor;
  return { x, dy, result };
}
const fours = new Array(9).fill(4);

/** Convolution, batch norm, linear dense layer, as tfjs-layers runs them. */
function smallNetwork(): layers.Sequential {
  return layers.sequential({
    layers: [
      layers.layers.conv2d({ inputShape: [8, 8, 3], filters: 4, kernelSize: 3, useBias: false }),
      layers.layers.batchNormalization(),
      layers.layers.reLU(),
      layers.layers.conv2d({ filters: 4, kernelSize: 3 }),
      layers.layers.flatten(),
      layers.layers.dense({ units: 5 }),
    ],
  });
}

describe('a deferred result', () => {
  it('is computed once, when it is read', async () => {
    const tensors = deferredGradient();
    expect(computations).toHaveBeenCalledTimes(0);
    expect([...(await tensors.result.data())]).toEqual(fours);
    expect([...(await tensors.result.data())]).toEqual(fours);
    expect(computations).toHaveBeenCalledTimes(1);
    tf.dispose(Object.values(tensors));
  });

  it('is computed when a kernel uses it, through clones and reshapes', async () => {
    const { x, dy, result } = deferredGradient();
    const flat = tf.tidy(() => tf.reshape(tf.clone(result), [9]));
    expect(computations).toHaveBeenCalledTimes(0);
    const doubled = tf.mul(flat, 2);
    expect(computations).toHaveBeenCalledTimes(1);
    expect([...(await doubled.data())]).toEqual(new Array(9).fill(8));
    tf.dispose([x, dy, result, flat, doubled]);
  });

  it('is never computed when it is disposed unread', () => {
    tf.dispose(Object.values(deferredGradient()));
    expect(computations).toHaveBeenCalledTimes(0);
  });

  it('keeps the inputs’ values when they are disposed first', async () => {
    const { x, dy, result } = deferredGradient();
    tf.dispose([x, dy]);
    expect(memory().tensors).toBe(before.tensors + 1);
    expect(memory().buffers).toBe(before.buffers + 1);
    const others = Array.from({ length: 20 }, () => tf.fill([1, 4, 4, 1], 7));
    expect([...(await result.data())]).toEqual(fours);
    tf.dispose([result, others]);
  });

  it('keeps the inputs’ values when they move to another backend first', async () => {
    const { x, dy, result } = deferredGradient();
    await tf.setBackend('cpu');
    const sum = tf.tidy(() => tf.sum(tf.add(x, 1)));
    expect([...(await sum.data())]).toEqual([32]);
    await tf.setBackend('wasm');
    expect([...(await result.data())]).toEqual(fours);
    const back = tf.add(x, 1);
    tf.dispose([x, dy, result, sum, back]);
  });

  it('moves to another backend with its value', async () => {
    const { x, dy, result } = deferredGradient();
    await tf.setBackend('cpu');
    const doubled = tf.mul(result, 2);
    expect([...(await doubled.data())]).toEqual(new Array(9).fill(8));
    await tf.setBackend('wasm');
    tf.dispose([x, dy, result, doubled]);
  });
});

describe('filter gradients that nobody asked for', () => {
  it('cost nothing when only the input’s gradient of a linear network is wanted', async () => {
    const model = smallNetwork();
    const x = tensorOf(normal([2, 8, 8, 3], 1));
    computations.mockClear();
    const gradient = tf.tidy(() => tf.grad((input) => tf.sum(tf.square(model.apply(input) as tf.Tensor)))(x));
    await gradient.data();
    expect(computations).toHaveBeenCalledTimes(0);
    tf.dispose([gradient, x]);
    model.dispose();
  });

  it('cost nothing for frozen layers in fit', async () => {
    const model = smallNetwork();
    model.layers[0]!.trainable = false;
    model.compile({ optimizer: tf.train.sgd(0.01), loss: 'meanSquaredError' });
    const x = tensorOf(normal([4, 8, 8, 3], 1));
    const y = tensorOf(normal([4, 5], 2));
    await model.fit(x, y, { epochs: 1, batchSize: 4, verbose: 0 });
    // The second convolution's filter, and the dense layer's matrix: the first convolution's is not computed.
    expect(computations).toHaveBeenCalledTimes(2);
    tf.dispose([x, y]);
    model.dispose();
    before = memory();
  });

  it('are right when they are asked for', async () => {
    const model = smallNetwork();
    const x = tensorOf(normal([2, 8, 8, 3], 1));
    const filter = model.layers[0]!.getWeights()[0]!;
    const gradientOn = async (backend: string) => {
      await tf.setBackend(backend);
      const gradient = tf.tidy(() => {
        const { grads } = tf.variableGrads(() => tf.sum(tf.square(model.apply(x) as tf.Tensor)) as tf.Scalar);
        return Object.values(grads).find(({ shape }) => tf.util.arraysEqual(shape, filter.shape))!;
      });
      const values = await gradient.data();
      tf.dispose(gradient);
      return values;
    };
    const expected = await gradientOn('cpu');
    expect(relativeError(await gradientOn('wasm'), expected)).toBeLessThan(1e-4);
    tf.dispose(x);
    model.dispose();
    before = memory();
  });
});
