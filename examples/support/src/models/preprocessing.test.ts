import { describeOnBackends } from '@cnnviz/testing';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { preprocessor } from './preprocessing.ts';

describeOnBackends(['cpu', 'wasm'], () => {
  it('subtracts the mean and divides by the deviation on the range of the model', async () => {
    const mean = [100, 50, 0];
    const deviation = [2, 5, 10];
    const pixels = [0.5, 0.2, 1, 0, 1, 0.1];
    const levels = pixels.map((value) => value * 255);
    for (const [bounds, values] of [
      [[0, 1], pixels],
      [[-1, 1], pixels.map((value) => value * 2 - 1)],
      [[0, 255], levels],
    ] as const) {
      const images = tf.tensor4d([...values], [1, 1, 2, 3]);
      const output = preprocessor({ range: [0, 255], mean, deviation }, bounds, 3)(images);
      (await output.data()).forEach((value, i) => {
        expect(value).toBeCloseTo((levels[i]! - mean[i % 3]!) / deviation[i % 3]!, 3);
      });
      tf.dispose([images, output]);
    }
  });

  it('computes nothing where nothing is to be done', () => {
    const images = tf.zeros([1, 1, 1, 3]) as Tensor4D;
    expect(preprocessor({ range: [0, 1] }, [0, 1], 3)(images)).toBe(images);
    images.dispose();
  });

  it.each([
    [{ range: [1, 0] as const }, 'range must be two finite numbers'],
    [{ range: [0, 1] as const, mean: [1, 2] }, 'mean must be 3 numbers, got [1, 2]'],
    [{ range: [0, 1] as const, deviation: [1, 0, 1] }, 'deviation must be a number > 0, got 0'],
  ])('rejects %j', (preprocessing, message) => {
    expect(() => preprocessor(preprocessing, [0, 1], 3)).toThrow(`@cnnviz/example-support: preprocessing: ${message}`);
  });
});
