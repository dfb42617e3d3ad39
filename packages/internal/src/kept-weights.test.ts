import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, test } from 'vitest';
import { checker } from './check.ts';
import { decodeCheckpointBytes, encodeCheckpointBytes } from './checkpoint-bytes.ts';
import { assignWeights, readWeights, requireKeepable } from './kept-weights.ts';

useBackend('cpu');
afterEach(() => tf.disposeVariables());
const check = checker('@cnnviz/regularizers', 'train');

const variables = () =>
  tf.tidy(() => [
    tf.variable(tf.tensor2d([[0.5, Number.NaN, -0]])),
    // A float32 has no such number.
    tf.variable(tf.tensor1d([16_777_217, -(2 ** 31), 2 ** 31 - 1], 'int32')),
    tf.variable(tf.scalar(7, 'int32')),
    tf.variable(tf.tensor1d([1, 0], 'bool')),
    tf.variable(tf.zeros([0, 3])),
  ]);

const contents = (weights: readonly tf.Tensor[]) =>
  Promise.all(weights.map(async (weight) => [weight.dtype, weight.shape, [...(await weight.data())]]));

describe('weights of every kind', () => {
  test('come back with their kind, shape and values', async () => {
    const kept = await readWeights(variables());
    const others = variables();
    for (const other of others) tf.tidy(() => other.assign(tf.zerosLike(other)));
    assignWeights(check, others, kept);
    expect(await contents(others)).toEqual(await contents(variables()));
  });

  test('also through bytes', async () => {
    const kept = await readWeights(variables());
    const bytes = encodeCheckpointBytes('test\n', { kept });
    expect(decodeCheckpointBytes(check, 'test\n', bytes)).toEqual({ kept });
  });

  test('are not assigned to a variable of another kind', async () => {
    const [, whole] = await readWeights(variables());
    const variable = tf.tidy(() => tf.variable(tf.zeros([3])));
    expect(() => assignWeights(check, [variable], [whole!])).toThrow(
      'train: variables[0] must be of dtype int32, got float32 tensor [3]',
    );
  });

  test('that cannot be kept are refused before any work', () => {
    const complex = tf.complex([1], [2]);
    expect(() => requireKeepable(check, 'state', [tf.scalar(1), complex])).toThrow(
      'state[1].dtype must be one of "float32", "int32", "bool", got "complex64"',
    );
    expect(() => requireKeepable(check, 'state', [undefined as never])).toThrow('state[0] must be a tensor');
  });
});

test('numbers that JSON has no word for come back from bytes', () => {
  const history = [{ loss: Number.NaN, best: Number.POSITIVE_INFINITY, worst: Number.NEGATIVE_INFINITY, epoch: 1 }];
  const bytes = encodeCheckpointBytes('test\n', { history, name: null });
  expect(decodeCheckpointBytes(check, 'test\n', bytes)).toEqual({ history, name: null });
});
