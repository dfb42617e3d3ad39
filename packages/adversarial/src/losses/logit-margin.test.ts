import { describeOnBackends } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { logitMargin } from './logit-margin.ts';

async function marginOf(logits: number[][], labels: number[]) {
  const { value, gradient } = tf.tidy(() => logitMargin(tf.tensor2d(logits), tf.tensor1d(labels, 'int32')));
  const result = { value: [...(await value.data())], gradient: [...(await gradient.data())] };
  tf.dispose([value, gradient]);
  return result;
}

describeOnBackends(['cpu', 'wasm'], () => {
  test('is the lead of the label over the largest other logit', async () => {
    const { value, gradient } = await marginOf(
      [
        [1, 4, 2.5],
        [1, 4, 2.5],
        [-7, -8, -1e6],
      ],
      [1, 2, 1],
    );
    expect(value).toEqual([1.5, -1.5, -1]);
    expect(gradient).toEqual([0, 1, -1, 0, -1, 1, -1, 1, 0]);
  });

  test('takes the first of several largest ones, and never the label', async () => {
    const { value, gradient } = await marginOf(
      [
        [3, 3, 3],
        [3, 1, 1],
      ],
      [0, 0],
    );
    expect(value).toEqual([0, 2]);
    expect(gradient).toEqual([1, -1, 0, 1, -1, 0]);
  });
});
