import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { normal, relativeError, tensorOf, useWasm, type Values } from '../../test-support/compare-with-cpu.ts';

interface Operation {
  name: string;
  inputs: Values[];
  run: (...inputs: tf.Tensor[]) => tf.Tensor;
  /** Where cpu's gradient is known to be wrong the forward pass is differentiated numerically instead. */
  cpuIsWrong?: boolean;
}

const image = (n = 2, h = 6, w = 5, c = 6) => normal([n, h, w, c], 1);
const positive = ({ shape, values }: Values): Values => ({ shape, values: values.map((v) => Math.abs(v) + 0.1) });
const as4D = (x: tf.Tensor) => x as tf.Tensor4D;
const as1D = (x: tf.Tensor) => x as tf.Tensor1D;
const axesOf4D = [[0], [3], [1, 2], [0, 1, 2], [0, 2], [1, 3], [0, 3], [0, 1, 2, 3]];
const edges = { shape: [9], values: Float32Array.of(-2, -1, -0.0, 0, 1e-9, 1, 5, 6, 7) };

const operations: Operation[] = [
  { name: 'relu', inputs: [edges], run: tf.relu },
  { name: 'relu on images', inputs: [image()], run: tf.relu },
  { name: 'relu6', inputs: [edges], run: tf.relu6 },
  { name: 'relu6 of 4 x', inputs: [image()], run: (x) => tf.relu6(tf.mul(x, 4)) },
  { name: 'leaky relu', inputs: [edges], run: (x) => tf.leakyRelu(x, 0.3) },
  { name: 'clip to [0, 6]', inputs: [edges], run: (x) => tf.clipByValue(x, 0, 6) },
  { name: 'clip to [-0.5, 0.5]', inputs: [image()], run: (x) => tf.clipByValue(x, -0.5, 0.5) },
  { name: 'square', inputs: [image()], run: tf.square },
  { name: 'elu', inputs: [image()], run: tf.elu },
  { name: 'sigmoid', inputs: [image()], run: tf.sigmoid },
  { name: 'tanh', inputs: [image()], run: tf.tanh },
  { name: 'softmax', inputs: [image()], run: (x) => tf.softmax(x) },
  { name: 'log softmax', inputs: [image()], run: (x) => tf.logSoftmax(x) },
  { name: 'prelu', inputs: [image(), normal([6], 2)], run: (x, alpha) => tf.prelu(x, alpha) },
  { name: 'cast', inputs: [image()], run: (x) => tf.cast(x, 'float32') },
  ...axesOf4D.flatMap((axis) => [
    { name: `mean over ${axis}`, inputs: [image()], run: (x: tf.Tensor) => tf.mean(x, axis) },
    { name: `sum over ${axis}`, inputs: [image()], run: (x: tf.Tensor) => tf.sum(x, axis, true) },
  ]),
  { name: 'moments', inputs: [image()], run: (x) => tf.moments(x, [0, 1, 2]).variance },
  {
    name: 'batch norm',
    inputs: [image(), normal([6], 2), positive(normal([6], 3)), normal([6], 4), normal([6], 5)],
    run: (x, mean, variance, offset, scale) =>
      tf.batchNorm4d(as4D(x), as1D(mean!), as1D(variance!), as1D(offset!), as1D(scale!), 0.01),
  },
  {
    name: 'batch norm of rows',
    inputs: [normal([7, 9], 1), normal([9], 2), positive(normal([9], 3)), normal([9], 4), normal([9], 5)],
    run: (x, mean, variance, offset, scale) =>
      tf.batchNorm2d(x as tf.Tensor2D, as1D(mean!), as1D(variance!), as1D(offset!), as1D(scale!)),
  },
  {
    name: 'batch norm with statistics for each pixel',
    inputs: [0, 2, 3, 4, 5].map((seed) =>
      seed === 3 ? positive(normal([1, 6, 5, 6], 3)) : normal([1, 6, 5, 6], seed),
    ),
    run: (x, mean, variance, offset, scale) =>
      tf.batchNorm4d(as4D(x), as4D(mean!), as4D(variance!), as4D(offset!), as4D(scale!)),
  },
  {
    name: 'batch norm with its own statistics',
    inputs: [image(), normal([6], 4), normal([6], 5)],
    run: (x, offset, scale) => {
      const { mean, variance } = tf.moments(x, [0, 1, 2]);
      return tf.batchNorm4d(as4D(x), as1D(mean), as1D(variance), as1D(offset!), as1D(scale!), 0.001);
    },
  },
  {
    name: 'convolution',
    inputs: [image(), normal([3, 3, 6, 5], 2)],
    run: (x, filter) => tf.conv2d(as4D(x), as4D(filter!), 2, 'same'),
  },
  {
    name: 'linear convolution with bias',
    inputs: [image(), normal([3, 2, 6, 5], 2), normal([5], 3)],
    run: (x, filter, bias) =>
      tf.fused.conv2d({ x: as4D(x), filter: as4D(filter!), bias: bias!, strides: 1, pad: 'valid' }),
  },
  {
    name: 'transposed convolution',
    inputs: [image(), normal([3, 3, 4, 6], 2)],
    run: (x, filter) => tf.conv2dTranspose(as4D(x), as4D(filter!), [2, 12, 10, 4], 2, 'same'),
  },
  {
    name: 'depthwise convolution',
    inputs: [image(), normal([3, 3, 6, 2], 2)],
    run: (x, filter) => tf.depthwiseConv2d(as4D(x), as4D(filter!), 1, 'same'),
  },
  {
    name: 'separable convolution',
    inputs: [image(), normal([3, 3, 6, 1], 2), normal([1, 1, 6, 4], 3)],
    run: (x, depthwise, pointwise) => tf.separableConv2d(as4D(x), as4D(depthwise!), as4D(pointwise!), 2, 'same'),
  },
  {
    name: 'linear dense layer with bias',
    inputs: [normal([5, 7], 1), normal([7, 3], 2), normal([3], 3)],
    run: (a, b, bias) => tf.fused.matMul({ a, b: b!, bias: bias! }),
  },
  { name: 'max pooling', inputs: [image()], run: (x) => tf.maxPool(as4D(x), 3, 2, 'same') },
  { name: 'average pooling', inputs: [image()], run: (x) => tf.avgPool(as4D(x), 2, 2, 'valid') },
  {
    name: 'average pooling with padding',
    inputs: [image()],
    run: (x) => tf.avgPool(as4D(x), 3, 2, 'same'),
    cpuIsWrong: true,
  },
  ...[
    [5, 1, 1, 0.5],
    [2, 0.5, 0.3, 0.75],
    [1, 2, 1e-4, 0.75],
  ].map(([radius, bias, alpha, beta]) => ({
    name: `local response normalization ${radius}`,
    inputs: [image(2, 3, 3, 9)],
    run: (x: tf.Tensor) => tf.localResponseNormalization(as4D(x), radius, bias, alpha, beta),
  })),
  {
    name: 'zero padding',
    inputs: [image()],
    run: (x) =>
      tf.pad(x, [
        [0, 0],
        [1, 2],
        [2, 1],
        [0, 0],
      ]),
  },
  {
    name: 'mirror padding',
    inputs: [image()],
    run: (x) =>
      tf.mirrorPad(
        x,
        [
          [0, 0],
          [1, 2],
          [2, 1],
          [0, 0],
        ],
        'reflect',
      ),
  },
  {
    name: 'upsampling, nearest',
    inputs: [image()],
    run: (x) => tf.image.resizeNearestNeighbor(as4D(x), [12, 10]),
    cpuIsWrong: true,
  },
  {
    name: 'upsampling, bilinear',
    inputs: [image()],
    run: (x) => tf.image.resizeBilinear(as4D(x), [12, 10]),
    cpuIsWrong: true,
  },
  { name: 'concatenation', inputs: [image(), image(2, 6, 5, 3)], run: (a, b) => tf.concat([a, b!], 3) },
  { name: 'concatenation along rows', inputs: [image(), image(2, 3)], run: (a, b) => tf.concat([a, b!], 1) },
  { name: 'splitting', inputs: [image()], run: (x) => tf.mul(...(tf.split(x, 2, 3) as [tf.Tensor, tf.Tensor])) },
  { name: 'gathering', inputs: [image()], run: (x) => tf.gather(x, tf.tensor1d([1, 0, 1, 1], 'int32'), 2) },
  { name: 'maximum', inputs: [image(), image()], run: (a, b) => tf.maximum(a, tf.neg(b!)) },
];

/** Gradients of a fixed random projection of the operation's result. */
async function gradientsOn(backend: 'cpu' | 'wasm', { inputs, run }: Operation): Promise<Float32Array[]> {
  await useWasm();
  await tf.setBackend(backend);
  const before = tf.memory();
  const gradients = tf.tidy(() =>
    tf.grads((...tensors: tf.Tensor[]) => {
      const y = run(...tensors);
      return tf.sum(tf.mul(y, tensorOf(normal(y.shape, 99))));
    })(inputs.map(tensorOf)),
  );
  const values = await Promise.all(gradients.map((gradient) => gradient.data() as Promise<Float32Array>));
  tf.dispose(gradients);
  const { numTensors, numBytes, numDataBuffers } = tf.memory();
  expect({ numTensors, numBytes, numDataBuffers }).toEqual({
    numTensors: before.numTensors,
    numBytes: before.numBytes,
    numDataBuffers: before.numDataBuffers,
  });
  return values;
}

/** Central differences of the same projection, summed in double precision, of the first few elements of each input. */
async function numericGradients({ inputs, run }: Operation, count: number): Promise<number[][]> {
  const value = async (changed: Values[]) => {
    const y = tf.tidy(() => run(...changed.map(tensorOf)));
    const values = (await y.data()) as Float32Array;
    const weights = normal(y.shape, 99).values;
    tf.dispose(y);
    return values.reduce((sum, v, i) => sum + v * weights[i]!, 0);
  };
  const step = 0.0625;
  return Promise.all(
    inputs.map(async (input, which) => {
      const gradient: number[] = [];
      for (let i = 0; i < Math.min(count, input.values.length); i++) {
        const moved = async (by: number) => {
          const values = input.values.slice();
          values[i]! += by;
          return value(inputs.map((other, j) => (j === which ? { ...input, values } : other)));
        };
        gradient.push(((await moved(step)) - (await moved(-step))) / (2 * step));
      }
      return gradient;
    }),
  );
}

describe('gradients of operations', () => {
  it.each(operations.filter(({ cpuIsWrong }) => !cpuIsWrong))('equal cpu: $name', async (operation) => {
    const expected = await gradientsOn('cpu', operation);
    const actual = await gradientsOn('wasm', operation);
    actual.forEach((gradient, i) => {
      expect(gradient.length).toBe(expected[i]!.length);
      expect(relativeError(gradient, expected[i]!)).toBeLessThan(1e-4);
    });
  });

  // These are linear, so that central differences are exact but for rounding.
  it.each(operations.filter(({ cpuIsWrong }) => cpuIsWrong))('equal central differences: $name', async (operation) => {
    const actual = await gradientsOn('wasm', operation);
    const expected = await numericGradients(operation, 80);
    expected.forEach((gradient, i) => {
      expect(relativeError(actual[i]!.slice(0, gradient.length), gradient)).toBeLessThan(1e-3);
    });
  });

  it('of gradients are tfjs’s own', async () => {
    const secondOrder = async (backend: 'cpu' | 'wasm') => {
      await useWasm();
      await tf.setBackend(backend);
      const gradient = tf.tidy(() => {
        const f = (x: tf.Tensor) => tf.sum(tf.mul(tf.square(tf.relu(x)), tf.mul(x, tf.mean(tf.square(x)))));
        return tf.grad((x: tf.Tensor) => tf.sum(tf.square(tf.grad(f)(x))))(tensorOf(normal([20], 7)));
      });
      const values = await gradient.data();
      tf.dispose(gradient);
      return values;
    };
    expect(relativeError(await secondOrder('wasm'), await secondOrder('cpu'))).toBeLessThan(1e-4);
  });
});
