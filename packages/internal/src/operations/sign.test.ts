import { describeOnBackends } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { sign } from './sign.ts';

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  test('sign tells the smallest numbers from zero', async () => {
    const values = [3, 1e-8, 1e-30, 0, -1e-30, -1e-8, -7];
    const signs = tf.tidy(() => sign(tf.tensor4d(values, [1, 1, values.length, 1])));
    const read = [...(await signs.data())];
    tf.dispose(signs);
    expect(read).toEqual([1, 1, 1, 0, -1, -1, -1]);
  });

  test('sign keeps NaN', async () => {
    const signs = tf.tidy(() => sign(tf.tensor4d([Number.NaN, 2], [1, 1, 2, 1])));
    const read = [...(await signs.data())];
    tf.dispose(signs);
    expect(read).toEqual([Number.NaN, 1]);
  });
});
