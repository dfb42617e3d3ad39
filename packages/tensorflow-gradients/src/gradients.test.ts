import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { afterEach, beforeEach, describe, expect, it, type Mock, vi } from 'vitest';
import { relativeError } from '../../wasm-gradients/test-support/relative-error.ts';
import { native, normal, useNative } from '../test-support/native.ts';
import { registerTensorflowGradients } from './register.ts';

useNative();

let operations: Mock;
let restore: (() => void) | undefined;
let before: { tensors: number; bytes: number; ids: number };

const memory = () => ({
  tensors: tf.memory().numTensors,
  bytes: tf.memory().numBytes,
  ids: native().numDataIds(),
});
/** How often the native library was asked for an operation. */
const count = (name: string) => operations.mock.calls.filter(([called]) => called === name).length;

beforeEach(() => {
  const backend = native();
  const { binding } = backend;
  operations = vi.fn(binding.executeOp);
  // Its own properties cannot be replaced.
  backend.binding = Object.create(binding, { executeOp: { value: operations } });
  restore = () => {
    backend.binding = binding;
  };
  before = memory();
});

afterEach(() => {
  // A test that was skipped has nothing to restore.
  if (restore === undefined) return;
  restore();
  expect(memory()).toEqual(before);
});

/** The same computation on the native backend and on cpu. */
async function onBoth(compute: () => tf.Tensor): Promise<{ actual: Float32Array; expected: Float32Array }> {
  const on = async (backend: string) => {
    await tf.setBackend(backend);
    const result = tf.tidy(compute);
    const values = (await result.data()) as Float32Array;
    result.dispose();
    return values;
  };
  const expected = await on('cpu');
  return { actual: await on('tensorflow'), expected };
}

describe('the gradient of ReLU', () => {
  const edges = [-2, -1, -0, 0, 1e-30, 1e-9, 1, 6, 7, Number.POSITIVE_INFINITY];

  it('is one native operation, and 0 at 0', async () => {
    const gradient = tf.tidy(() => tf.grad((x) => tf.relu(x))(tf.tensor1d(edges), tf.tensor1d(edges.map((_, i) => i))));
    expect([...(await gradient.data())]).toEqual([0, 0, 0, 0, 4, 5, 6, 7, 8, 9]);
    expect(count('ReluGrad')).toBe(1);
    expect(count('Select') + count('SelectV2') + count('Fill')).toBe(0);
    gradient.dispose();
  });

  it('can be differentiated', async () => {
    // d/dx of (d/dx relu(x)^3 = 3 relu(x)^2) is 6 relu(x).
    const cube = (x: tf.Tensor) => tf.pow(tf.relu(x), 3);
    const gradient = tf.tidy(() => tf.grad((x) => tf.grad(cube)(x))(tf.tensor1d([-1, 0.5, 2])));
    const values = [...(await gradient.data())];
    [0, 3, 12].forEach((value, i) => {
      expect(values[i]).toBeCloseTo(value, 4);
    });
    gradient.dispose();
  });

  it('is tfjs’s own on another backend', async () => {
    await tf.setBackend('cpu');
    const gradient = tf.tidy(() => tf.grad((x) => tf.relu(x))(tf.tensor1d(edges)));
    expect([...(await gradient.data())]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
    expect(count('ReluGrad')).toBe(0);
    gradient.dispose();
  });
});

describe('step', () => {
  it.each([0, -1, 0.25])('gives what cpu gives, with alpha %s, also for NaN and infinities', async (alpha) => {
    const values = [-2, -0, 0, 1e-30, 3, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const { actual, expected } = await onBoth(() => tf.step(tf.tensor2d(values, [2, 4]), alpha));
    expect([...actual]).toEqual([...expected]);
    expect(count('SelectV2')).toBe(2);
  });

  it.each<[string, (x: tf.Tensor) => tf.Tensor]>([
    ['relu6', (x) => tf.relu6(tf.mul(x, 4))],
    ['leaky relu', (x) => tf.leakyRelu(x, 0.3)],
    ['abs', tf.abs],
    ['elu', tf.elu],
  ])('leaves the gradient of %s as it was', async (_, operation) => {
    const { actual, expected } = await onBoth(() => tf.grad((x) => operation(x))(normal([3, 5, 5, 4], 1)));
    expect(relativeError(actual, expected)).toBeLessThan(1e-6);
  });
});

/** The deferred filter gradient of ones on ones: each of the 9 taps of a valid 3x3 convolution sees 4 pixels. */
function deferredGradient() {
  const x = tf.ones([1, 4, 4, 1]);
  const dy = tf.ones([1, 2, 2, 1]);
  const attributes = { strides: 1, pad: 'valid', dataFormat: 'NHWC', filterShape: [3, 3, 1, 1] };
  const run = () => tf.engine().runKernel('Conv2DBackpropFilter', { x, dy }, attributes as unknown as tf.NamedAttrMap);
  return { x, dy, result: run() as tf.Tensor };
}
const fours = new Array(9).fill(4);
const computations = () => count('Conv2DBackpropFilter');

describe('a deferred filter gradient', () => {
  it('is computed once, when it is read', async () => {
    const tensors = deferredGradient();
    expect(computations()).toBe(0);
    expect([...(await tensors.result.data())]).toEqual(fours);
    expect([...(await tensors.result.data())]).toEqual(fours);
    expect(computations()).toBe(1);
    tf.dispose(Object.values(tensors));
  });

  it('is computed when a kernel uses it, through clones and reshapes', async () => {
    const { x, dy, result } = deferredGradient();
    const copies = tf.tidy(() => [tf.clone(result), tf.clone(result)]);
    result.dispose();
    copies[0]!.dispose();
    expect(computations()).toBe(0);
    const doubled = tf.tidy(() => tf.mul(tf.reshape(copies[1]!, [9]), 2));
    expect(computations()).toBe(1);
    expect([...(await doubled.data())]).toEqual(new Array(9).fill(8));
    tf.dispose([x, dy, copies, doubled]);
  });

  it('is never computed when it is disposed unread, by all who hold it', () => {
    const { x, dy, result } = deferredGradient();
    const clone = tf.clone(result);
    tf.dispose([x, dy, result, clone]);
    expect(computations()).toBe(0);
  });

  it('keeps the inputs’ values when they are disposed first', async () => {
    const { x, dy, result } = deferredGradient();
    tf.dispose([x, dy]);
    const others = Array.from({ length: 20 }, () => tf.fill([1, 4, 4, 1], 7));
    expect([...(await result.data())]).toEqual(fours);
    tf.dispose([result, others]);
  });

  it('moves to another backend with its value, and so do its inputs', async () => {
    const { x, dy, result } = deferredGradient();
    await tf.setBackend('cpu');
    const [sum, doubled] = [tf.tidy(() => tf.sum(tf.add(x, 1))), tf.mul(result, 2)];
    expect([...(await sum.data())]).toEqual([32]);
    expect([...(await doubled.data())]).toEqual(new Array(9).fill(8));
    tf.dispose([x, dy, result, sum, doubled]);
    await tf.setBackend('tensorflow');
  });

  it.each<[string, (x: tf.Tensor4D, filter: tf.Tensor4D) => tf.Tensor]>([
    ['same, stride 2', (x, filter) => tf.conv2d(x, filter, 2, 'same')],
    ['valid', (x, filter) => tf.conv2d(x, filter, 1, 'valid')],
    ['depthwise, same', (x, filter) => tf.depthwiseConv2d(x, filter, 1, 'same')],
    ['depthwise, valid, stride 2', (x, filter) => tf.depthwiseConv2d(x, filter, 2, 'valid')],
  ])('has the values that cpu gives: %s', async (_, convolution) => {
    const { actual, expected } = await onBoth(() =>
      tf.grad((filter) =>
        tf.sum(tf.square(convolution(normal([2, 7, 6, 3], 1) as tf.Tensor4D, filter as tf.Tensor4D))),
      )(normal([3, 3, 3, 4], 2)),
    );
    expect(relativeError(actual, expected)).toBeLessThan(1e-5);
  });

  it('is refused at once where the stock kernel refuses it', () => {
    const x = normal([1, 5, 5, 1], 1) as tf.Tensor4D;
    const filter = normal([3, 3, 1, 1], 2) as tf.Tensor4D;
    const gradient = () => tf.tidy(() => tf.grad((f) => tf.sum(tf.conv2d(x, f as tf.Tensor4D, 1, 1)))(filter));
    expect(gradient).toThrow('padding');
    tf.dispose([x, filter]);
  });
});

/** Linear convolutions, as before any batch normalization, and a linear dense layer. */
function smallNetwork(): layers.Sequential {
  const { conv2d, batchNormalization, reLU, depthwiseConv2d, flatten, dense } = layers.layers;
  return layers.sequential({
    layers: [
      conv2d({ inputShape: [8, 8, 3], filters: 4, kernelSize: 3, useBias: false }),
      batchNormalization(),
      reLU(),
      depthwiseConv2d({ kernelSize: 3 }),
      conv2d({ filters: 4, kernelSize: 3, activation: 'relu' }),
      flatten(),
      dense({ units: 5 }),
    ],
  });
}

/** The same weights whatever the backend draws. */
function setWeights(model: layers.LayersModel): void {
  tf.tidy(() =>
    model.setWeights(
      model.getWeights().map((weight, i) => {
        const values = normal(weight.shape, i + 1);
        return weight.rank === 1 ? tf.add(tf.abs(values), 0.1) : tf.mul(values, 0.4);
      }),
    ),
  );
}

describe('a network of linear convolutions', () => {
  it('computes no filter gradient when only the input’s gradient is wanted', async () => {
    const model = smallNetwork();
    const x = normal([2, 8, 8, 3], 1);
    operations.mockClear();
    const gradient = tf.tidy(() => tf.grad((input) => tf.sum(tf.square(model.apply(input) as tf.Tensor)))(x));
    await gradient.data();
    expect(computations() + count('DepthwiseConv2dNativeBackpropFilter')).toBe(0);
    tf.dispose([gradient, x]);
    model.dispose();
  });

  it('learns what it learns on cpu', async () => {
    const weightsAfter = async (backend: string) => {
      await tf.setBackend(backend);
      const model = smallNetwork();
      setWeights(model);
      const optimizer = tf.train.sgd(0.01);
      model.compile({ optimizer, loss: 'meanSquaredError' });
      const [x, y] = [normal([4, 8, 8, 3], 1), normal([4, 5], 2)];
      await model.fit(x, y, { epochs: 3, batchSize: 4, shuffle: false, verbose: 0 });
      const weights = await Promise.all(model.getWeights().map((weight) => weight.data()));
      model.dispose();
      optimizer.dispose();
      tf.dispose([x, y]);
      return weights;
    };
    const expected = await weightsAfter('cpu');
    operations.mockClear();
    const actual = await weightsAfter('tensorflow');
    expect(computations()).toBe(6);
    expect(count('DepthwiseConv2dNativeBackpropFilter')).toBe(3);
    actual.forEach((weights, i) => {
      expect(relativeError(weights, expected[i]!)).toBeLessThan(1e-4);
    });
  });
});

it('may be registered again', () => {
  const kernels = () => tf.getKernelsForBackend('tensorflow').map(({ kernelFunc }) => kernelFunc);
  const registered = [...kernels(), tf.getGradient('Relu').gradFunc];
  const warn = vi.spyOn(console, 'warn');
  registerTensorflowGradients();
  expect([...kernels(), tf.getGradient('Relu').gradFunc]).toEqual(registered);
  expect(warn).not.toHaveBeenCalled();
  warn.mockRestore();
});
