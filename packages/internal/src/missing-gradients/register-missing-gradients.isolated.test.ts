import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { expectGradient, integers } from '../../test-support/expect-gradient.ts';
import { registerMissingGradients } from './register-missing-gradients.ts';

useBackend('wasm');

const stock = new Map(
  ['Sin', 'Conv2D', 'MirrorPad', 'Cumsum', 'StridedSlice'].map((name) => [name, tf.getGradient(name)]),
);

beforeAll(() => {
  registerMissingGradients();
});

const border: [number, number][] = [
  [0, 0],
  [1, 1],
];
const mirrored = (x: tf.Tensor) => tf.mirrorPad(x, border, 'reflect');

async function valuesOf(make: () => tf.Tensor): Promise<number[]> {
  const result = tf.tidy(make);
  const values = [...(await result.data())];
  result.dispose();
  return values;
}

describe('registerMissingGradients', () => {
  afterEach(registerMissingGradients);

  it('registers what tfjs has not, and leaves alone what it has right', () => {
    expect(stock.get('StridedSlice')).toBeUndefined();
    expect(tf.getGradient('StridedSlice')).toBeDefined();
    expect(tf.getGradient('Sin')).toBe(stock.get('Sin'));
  });

  it('changes nothing when called again', () => {
    const gradients = ['StridedSlice', 'Conv2D', 'MirrorPad'].map(tf.getGradient);
    const { runKernel, customGrad, gradients: run } = tf.engine();
    registerMissingGradients();
    expect(['StridedSlice', 'Conv2D', 'MirrorPad'].map(tf.getGradient)).toEqual(gradients);
    expect(tf.engine()).toMatchObject({ runKernel, customGrad, gradients: run });
  });

  it('does not replace a gradient that somebody else registered', () => {
    const ours = tf.getGradient('GatherNd');
    const theirs = { ...ours, gradFunc: () => ({}) };
    tf.registerGradient(theirs);
    registerMissingGradients();
    expect(tf.getGradient('GatherNd')).toBe(theirs);
    tf.registerGradient(ours);
  });

  it('stays in force when tfjs registers its own again, as a later import does', async () => {
    const dy = tf.ones([1, 5]);
    const x = tf.tensor2d([[1, 2, 3]]);
    const gradient = () => valuesOf(() => tf.grad(mirrored)(x, dy));
    expect(await gradient()).toEqual([1, 3, 1]);
    for (const config of [...stock.values()].filter((each) => each !== undefined)) tf.registerGradient(config);
    expect(await gradient()).toEqual([1, 3, 1]);
    tf.unregisterGradient('StridedSlice');
    expect(await valuesOf(() => tf.grad((y) => tf.stridedSlice(y, [0, 0], [1, 3], [1, 2]))(x))).toEqual([1, 0, 1]);
    tf.dispose([x, dy]);
  });

  it('leaves a gradient that a program gave to an operation of its own', async () => {
    const filter = tf.ones<tf.Rank.R4>([2, 2, 1, 1]);
    const x = tf.ones<tf.Rank.R4>([1, 4, 4, 1]);
    const constant = tf.customGrad((input) => {
      const convolved = tf.fused.conv2d({ x: input as tf.Tensor4D, filter, strides: 1, pad: 'same', dilations: 2 });
      return { value: tf.conv2d(convolved, filter, 1, 'same', 'NHWC', 2), gradFunc: () => tf.fill([1, 4, 4, 1], 7) };
    });
    const values = await valuesOf(() => tf.grad((input) => constant(input))(x));
    expect(values).toEqual(new Array(16).fill(7));
    tf.dispose([filter, x]);
  });
});

describe('batch normalization without scale or offset', () => {
  it('gives the same values, and takes no memory, where nothing is differentiated', async () => {
    const [x, mean, variance] = [integers([2, 3, 3, 5], 1), tf.zeros([5]), tf.ones([5])];
    const before = tf.memory().numTensors;
    const plain = tf.batchNorm(x, mean as tf.Tensor1D, variance as tf.Tensor1D, undefined, undefined, 1e-9);
    expect(tf.memory().numTensors).toBe(before + 1);
    expect([...(await plain.data())]).toEqual([...(await x.data())]);
    tf.dispose([x, mean, variance, plain]);
  });

  it.each([
    [false, false],
    [false, true],
    [true, false],
  ])('has a gradient in a LayersModel with scale %s and center %s', async (scale, center) => {
    const model = tfl.sequential({
      layers: [
        tfl.layers.conv2d({ inputShape: [5, 5, 2], filters: 3, kernelSize: 3, useBias: false }),
        tfl.layers.batchNormalization({ scale, center }),
        tfl.layers.activation({ activation: 'sigmoid' }),
      ],
    });
    const input = integers([1, 5, 5, 2], 3);
    await expectGradient((x) => model.apply(x, { training: false }) as tf.Tensor, [input], {
      step: 0.01,
      tolerance: 0.01,
    });
    model.dispose();
  });
});

describe('a network with dilated layers', () => {
  const kernelInitializer = tfl.initializers.glorotUniform({ seed: 1 });
  const build = () =>
    tfl.sequential({
      layers: [
        tfl.layers.conv2d({
          inputShape: [7, 6, 2],
          filters: 3,
          kernelSize: 3,
          kernelInitializer,
          dilationRate: 2,
          padding: 'same',
        }),
        tfl.layers.activation({ activation: 'tanh' }),
        tfl.layers.depthwiseConv2d({
          kernelSize: 2,
          depthwiseInitializer: kernelInitializer,
          dilationRate: [2, 1],
          useBias: false,
        }),
        tfl.layers.conv2d({ filters: 2, kernelSize: 2, kernelInitializer, dilationRate: 3, activation: 'tanh' }),
      ],
    });

  it('has a gradient of its input', async () => {
    const model = build();
    const apply = (x: tf.Tensor) => model.apply(tf.mul(x, 0.2)) as tf.Tensor;
    await expectGradient(apply, [integers([1, 7, 6, 2], 4)], { step: 0.05, tolerance: 0.01 });
    model.dispose();
  });

  it('can be trained', async () => {
    const model = build();
    model.compile({ optimizer: tf.train.sgd(0.5), loss: 'meanSquaredError' });
    const [x, y] = [tf.mul(integers([4, 7, 6, 2], 5), 0.2), tf.zeros(model.outputs[0]!.shape.with(0, 4) as number[])];
    const losses = [];
    for (let step = 0; step < 5; step++) losses.push((await model.trainOnBatch(x, y)) as number);
    expect(losses).toEqual(losses.toSorted((a, b) => b - a));
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    tf.dispose([x, y]);
    model.dispose();
  });
});

describe('in a larger graph', () => {
  it('one input may be used twice, through several of the operations', async () => {
    const indices = tf.tensor2d([[3], [0], [3]], [3, 1], 'int32');
    const network = (x: tf.Tensor) =>
      tf.tidy(() => {
        const shuffled = tf.depthToSpace(x as tf.Tensor4D, 2);
        const around = tf.mirrorPad(
          shuffled,
          [
            [0, 0],
            [1, 1],
            [1, 1],
            [0, 0],
          ],
          'symmetric',
        );
        const left = tf.stridedSlice(around, [0, 0, 0, 0], [1, 6, 6, 1], [1, 2, 2, 1]);
        const right = tf.stridedSlice(around, [0, 5, 5, 0], [1, -7, -7, 1], [1, -2, -2, 1]);
        const rows = tf.gatherND(tf.reshape(tf.mul(left, right), [9, 1]), indices);
        return tf.add(tf.mean(tf.square(rows)), tf.mean(left));
      });
    await expectGradient(network, [integers([1, 2, 2, 4], 6)], { step: 0.02, tolerance: 2e-3 });
    indices.dispose();
  });

  it('gradients of rearrangements can be differentiated again', async () => {
    // The gradient of f(g(x)) with a linear g is g' f'(g(x)): differentiating it needs the gradient of g'.
    const indices = tf.tensor2d([[1], [1], [0]], [3, 1], 'int32');
    const operations: ((x: tf.Tensor) => tf.Tensor)[] = [
      (x) => tf.stridedSlice(x, [0, 3], [2, 0], [1, -2]),
      (x) => tf.gatherND(x, indices),
      (x) =>
        tf.mirrorPad(
          x,
          [
            [0, 0],
            [2, 1],
          ],
          'reflect',
        ),
    ];
    for (const run of operations) {
      const gradient = (x: tf.Tensor) => tf.grad((y) => tf.sum(tf.mul(tf.square(run(y)), run(y))))(x);
      await expectGradient(gradient, [integers([2, 4], 7)], { step: 0.02, tolerance: 5e-3 });
    }
    indices.dispose();
  });
});
