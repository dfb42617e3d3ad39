import { describeOnBackends } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { checker } from './check.ts';
import { failNotFinite, requireFinite } from './finite.ts';
import { requireWithin } from './within.ts';

const check = checker('@cnnviz/adversarial', 'pgd');

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  const reading = async (values: number[], read: (tensor: tf.Tensor) => Promise<void>) => {
    const tensor = tf.tensor1d(values);
    try {
      await read(tensor);
    } finally {
      tensor.dispose();
    }
  };

  test('requireFinite accepts every finite number', async () => {
    await reading([0, -1e30, 1e-30], (tensor) => requireFinite(check, 'the gradient', tensor));
  });

  test.each([
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
  ])('requireFinite says where %d is', async (value, shown) => {
    const read = reading([0, value, 1], (tensor) => requireFinite(check, 'the gradient', tensor, 3));
    const message = `@cnnviz/adversarial: pgd: the gradient must be finite, got ${shown} at step 3 (value 1 of 3)`;
    await expect(read).rejects.toThrow(new Error(message));
  });

  test('failNotFinite says what was met where, as far as it is known', () => {
    const of = '@cnnviz/adversarial: pgd: logits must be finite,';
    expect(() => failNotFinite(check, 'logits', {})).toThrow(new Error(`${of} got NaN or Infinity`));
    expect(() => failNotFinite(check, 'logits', { got: Number.NaN, where: 'for image 0 at step 3' })).toThrow(
      new Error(`${of} got NaN for image 0 at step 3`),
    );
  });

  test('requireWithin accepts both ends, and says which value is outside', async () => {
    await reading([0, 0.5, 1], (tensor) => requireWithin(check, 'images', tensor, [0, 1]));
    // As float32 a bound may be a little further out than as float64.
    await reading([0.1, 0.7], (tensor) => requireWithin(check, 'images', tensor, [0.1, 0.7]));
    for (const [value, shown] of [
      [-0.5, '-0.5'],
      [1.5, '1.5'],
      [Number.NaN, 'NaN'],
    ] as const) {
      const read = reading([0, value], (tensor) => requireWithin(check, 'images', tensor, [0, 1]));
      await expect(read).rejects.toThrow(
        new RangeError(`@cnnviz/adversarial: pgd: images must be within [0, 1], got ${shown} (value 1 of 2)`),
      );
    }
  });

  test('requireWithin finds a label without a logit', async () => {
    const labels = tf.tensor1d([0, 10], 'int32');
    const read = requireWithin(check, 'labels', labels, [0, 9]);
    await expect(read).rejects.toThrow('labels must be within [0, 9], got 10 (value 1 of 2)');
    labels.dispose();
  });
});
