import { describeOnBackends } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { ownResult } from './own-result.ts';

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  const input = () => tf.tensor1d([1, 2, 3]);

  test.each<[string, (x: tf.Tensor1D) => tf.TensorContainer]>([
    ['its input', (x) => x],
    ['its input twice', (x) => [x, { again: x }]],
    ['a new tensor, and makes others', (x) => tf.square(tf.add(x, 1))],
    ['a new tensor twice', (x) => new Array(2).fill(tf.neg(x))],
  ])('disposing what a callback returns leaves what it was given, where that is %s', async (_, callback) => {
    const x = input();
    const before = tf.memory().numTensors;
    const result = ownResult(() => callback(x));
    tf.dispose(result);
    expect(tf.memory().numTensors).toBe(before);
    expect([...(await x.data())]).toEqual([1, 2, 3]);
    x.dispose();
  });

  test('a variable and a kept tensor stay as well, and the values are theirs', async () => {
    const variable = tf.tidy(() => tf.variable(tf.tensor1d([4, 5])));
    let kept: tf.Tensor | undefined;
    const [first, second] = ownResult(() => {
      kept ??= tf.keep(tf.tensor1d([6]));
      return [variable, kept] as [tf.Tensor, tf.Tensor];
    });
    expect([...(await first.data()), ...(await second.data())]).toEqual([4, 5, 6]);
    tf.dispose([first, second]);
    expect([...(await variable.data()), ...(await kept!.data())]).toEqual([4, 5, 6]);
    tf.dispose([variable, kept!]);
  });

  test('what is no tensor comes back as it is, or is none any more, and a throw leaves nothing', () => {
    expect(ownResult(() => undefined as never)).toBeUndefined();
    const gone = input();
    gone.dispose();
    expect(ownResult(() => gone)).toBe(gone);
    const before = tf.memory().numTensors;
    const failing = () => {
      input();
      throw new Error('no');
    };
    expect(() => ownResult(failing)).toThrow('no');
    expect(tf.memory().numTensors).toBe(before);
  });

  test('gradients pass', async () => {
    const x = input();
    const gradient = tf.grad((y) => tf.sum(tf.square(ownResult(() => y))))(x);
    expect([...(await gradient.data())]).toEqual([2, 4, 6]);
    tf.dispose([x, gradient]);
  });
});
