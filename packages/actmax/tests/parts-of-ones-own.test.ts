import { linearClassifier, useBackend } from '@cnnviz/testing';
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { type MaximizeActivationOptions, maximizeActivation } from '../src/ascent/maximize-activation.ts';
import { logit } from '../src/objectives/logit.ts';
import { adam } from '../src/optimizers/adam.ts';
import type { Optimizer } from '../src/optimizers/optimizer.ts';
import { generator } from '../src/parameterizations/generator.ts';
import type { Parameterization } from '../src/parameterizations/parameterization.ts';
import { pixels } from '../src/parameterizations/pixels.ts';

useBackend('cpu');

const weights = [
  [1, -2, 0.5, 3],
  [-1, 2, 4, -0.5],
];
const linear = linearClassifier(weights, [0, 0]);
const bounds = [-5, 5] as const;

async function valuesOf(options: MaximizeActivationOptions): Promise<number[][]> {
  const { images, last } = await maximizeActivation(options);
  const values = await Promise.all([images, last.images].map(async (tensor) => [...(await tensor.data())]));
  tf.dispose([images, last.images]);
  return values;
}

/** Images as they are: what is rendered are the variables. */
const identity = (start: (count: number) => Tensor): Parameterization => ({
  name: 'identity',
  variableShape: [2, 2, 1],
  bounds,
  start: (_, count) => start(count),
  render: (variables) => variables as Tensor4D,
  project: (variables) => variables,
});

describe('what parts of a run return stays theirs', () => {
  test('a parameterization may render its variables, and start from images that it keeps', async () => {
    const kept = tf.keep(tf.fill([2, 2, 2, 1], 0.25));
    const before = tf.memory().numTensors;
    const frames: number[][] = [];
    const options = { objective: logit(linear, [0, 1]), optimizer: adam({ learningRate: 0.1 }), steps: 4, seed: 0 };
    const own = await valuesOf({
      ...options,
      parameterization: identity(() => kept),
      transforms: [(images) => images],
      onProgress: async ({ images }) => {
        const shown = images();
        frames.push([...(await shown.data())]);
        shown.dispose();
      },
    });
    const from = tf.fill([2, 2, 2, 1], 0.25) as Tensor4D;
    const expected = await valuesOf({
      ...options,
      parameterization: pixels({ shape: [2, 2, 1], bounds, from }),
      transforms: [(images) => images],
    });
    from.dispose();
    for (const [index, values] of own.entries()) {
      for (const [pixel, value] of values.entries()) expect(value).toBeCloseTo(expected[index]![pixel]!, 5);
    }
    expect([...(await kept.data())]).toEqual(Array(8).fill(0.25));
    expect(tf.memory().numTensors).toBe(before);
    kept.dispose();
  });

  test('an optimizer may return the memory that it was given, and one tensor twice', async () => {
    const constant: Optimizer = {
      name: 'constant',
      memory: 2,
      update: (gradient, [first]) => ({ update: gradient, memory: [first!, first!] }),
    };
    const before = tf.memory().numTensors;
    const [images] = await valuesOf({
      objective: logit(linear, [0]),
      parameterization: identity((count) => tf.zeros([count, 2, 2, 1])),
      optimizer: constant,
      steps: 3,
      seed: 0,
    });
    expect(images).toEqual(weights[0]!.map((weight) => 3 * weight));
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a generator may give images that it keeps', async () => {
    const pictures = tf.keep(tf.zeros([1, 2, 2, 1])) as Tensor4D;
    const before = tf.memory().numTensors;
    const generate = (codes: Tensor2D) =>
      codes.shape[0] === 1 ? pictures : (tf.reshape(codes, [-1, 2, 2, 1]) as Tensor4D);
    const parameterization = generator(generate, { codeLength: 4, range: bounds, bounds });
    const codes = tf.zeros([1, 4]);
    await parameterization.check?.(codes);
    codes.dispose();
    expect(pictures.isDisposed).toBe(false);
    expect(tf.memory().numTensors).toBe(before);
    pictures.dispose();
  });
});

describe('what is not chosen has no part in what is', () => {
  test('a class that is masked out with -Infinity leaves the others alone', async () => {
    const masked = (images: Tensor4D) =>
      tf.concat([linear(images), tf.fill([images.shape[0], 1], Number.NEGATIVE_INFINITY)], 1) as Tensor2D;
    const options = {
      parameterization: pixels({ shape: [2, 2, 1], bounds: [0, 1] }),
      steps: 5,
      seed: 0,
    };
    const own = await valuesOf({ ...options, objective: logit(masked, [0, 1]) });
    expect(own).toEqual(await valuesOf({ ...options, objective: logit(linear, [0, 1]) }));
    expect(own.flat().every(Number.isFinite)).toBe(true);
  });

  test('an image that rests keeps its pixels, whatever a step would make of it', async () => {
    const endless: Optimizer = {
      name: 'endless',
      memory: 0,
      update: (gradient) => ({ update: tf.fill(gradient.shape, Number.POSITIVE_INFINITY), memory: [] }),
    };
    const { images, last, failed } = await maximizeActivation({
      objective: logit(linear, [0, 1]),
      parameterization: identity(() => tf.tensor4d([9, 0, 0, 0, 1, 0, 0, 0], [2, 2, 2, 1])),
      optimizer: endless,
      stopAt: 5,
      steps: 2,
      seed: 0,
    });
    expect(failed.map(({ index }) => index)).toEqual([1]);
    expect([...(await images.data())]).toEqual([9, 0, 0, 0, 1, 0, 0, 0]);
    tf.dispose([images, last.images]);
  });
});
