import { useBackend } from '@cnnviz/testing';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, test } from 'vitest';
import { denseModel, patternExamples } from '../../test-support/dense-model.ts';
import { evaluate, type TrainableModel, train } from '../index.ts';

useBackend('cpu');
afterEach(() => tf.disposeVariables());

const [nan, inf] = [Number.NaN, Number.POSITIVE_INFINITY];
const giving = (rows: number[][]) => ({ apply: () => tf.tensor2d(rows), variables: [] });
const labeled = (...labels: number[]) => [
  { images: tf.zeros([labels.length, 2, 2, 1]) as Tensor4D, labels: tf.tensor1d(labels, 'int32') },
];

describe('of logits that are not finite', () => {
  test('NaN is never right, whatever the label', async () => {
    const rows = [
      [nan, nan],
      [nan, 0],
      [0, nan],
      [3, 1],
    ];
    const { accuracy, loss } = await evaluate(giving(rows), labeled(0, 0, 1, 0));
    expect(accuracy).toBe(0.25);
    expect(loss).toBeNaN();
    expect((await evaluate(giving([[nan, nan]]), labeled(0))).accuracy).toBe(0);
  });

  test('infinite ones have an order', async () => {
    const model = giving([
      [inf, 0, 1],
      [-inf, 0, 1],
    ]);
    expect((await evaluate(model, labeled(0, 2))).accuracy).toBe(1);
  });

  test('a class that is masked out with -Infinity has no part in the loss', async () => {
    const { loss, accuracy } = await evaluate(giving([[-inf, 2, 1]]), labeled(1));
    expect(loss).toBeCloseTo(Math.log(1 + Math.exp(-1)), 6);
    expect(accuracy).toBe(1);
    expect((await evaluate(giving([[-inf, 2, 1]]), labeled(0))).loss).toBe(inf);
  });

  test('early stopping does not take an epoch of NaN for the best', async () => {
    const model = denseModel();
    let epoch = -1;
    const breaking: TrainableModel = {
      variables: model.variables,
      apply: (images, options) => {
        const logits = model.apply(images, options);
        if (options.training) epoch++;
        return options.training || epoch !== 1 ? logits : (tf.mul(logits, nan) as Tensor2D);
      },
    };
    const examples = patternExamples(6);
    const zeros = { images: examples.images, labels: tf.zeros([6], 'int32') as typeof examples.labels };
    const { history, bestEpoch } = await train(breaking, [examples], {
      optimizer: tf.train.sgd(0.01),
      epochs: 3,
      seed: 0,
      validation: [zeros],
      earlyStopping: { monitor: 'validationAccuracy', mode: 'max', patience: 9 },
    });
    expect(history[1]).toMatchObject({ validationLoss: nan, validationAccuracy: 0 });
    expect(history[0]!.validationAccuracy).toBeGreaterThan(0);
    expect(bestEpoch).not.toBe(1);
  });
});

test('a model with one output has no classes to tell apart, and is refused', async () => {
  const message = 'what model.apply returns must be logits [2, 2 or more classes], got float32 tensor [2, 1]';
  await expect(evaluate(giving([[1], [2]]), labeled(0, 0))).rejects.toThrow(message);
  const single = denseModel({ classes: 1 });
  const { images } = patternExamples(2);
  const batch = { images, labels: tf.zeros([2], 'int32') as tf.Tensor1D };
  const options = { optimizer: tf.train.sgd(0.1), epochs: 1, seed: 0 };
  await expect(train(single, [batch], options)).rejects.toThrow(message);
});

test.each([
  ['nothing', () => undefined, 'a float32 tensor of rank 2, got undefined'],
  ['a promise of nothing', async () => undefined, 'a float32 tensor of rank 2, got undefined'],
  ['a list of rows', () => [[1, 2]], 'a float32 tensor of rank 2, got [[1, 2]]'],
  ['whole numbers', () => tf.zeros([2, 3], 'int32'), 'a float32 tensor of rank 2, got int32 tensor [2, 3]'],
  ['logits of other images', () => tf.zeros([3, 3]), 'logits [2, 2 or more classes], got float32 tensor [3, 3]'],
])('says what a model gave that gives %s', async (_, apply, expected) => {
  const model = { apply, variables: [] } as never;
  await expect(evaluate(model, labeled(0, 0))).rejects.toThrow(
    `evaluate: what model.apply returns must be ${expected}`,
  );
});

test('a function is no model, though every function has an apply', async () => {
  const plain = (images: Tensor4D) => tf.zeros([images.shape[0], 3]);
  const message = 'model must be an object with apply and variables, got function plain';
  await expect(evaluate(plain as never, labeled(0))).rejects.toThrow(message);
  const options = { optimizer: tf.train.sgd(0.1), epochs: 1, seed: 0 };
  await expect(train(plain as never, labeled(0), options)).rejects.toThrow(message);
});
