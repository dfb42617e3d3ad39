import { describeOnBackends } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { createRandom } from '../random.ts';
import { meanInStages } from './mean-in-stages.ts';

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  test('the mean of a constant is that constant, to the last bit', async () => {
    for (const value of [249, 0.1, -3e7]) {
      const images = tf.fill([2, 60, 50, 3], value);
      const mean = meanInStages(images, [1, 2, 3]);
      expect(mean.shape).toEqual([2, 1, 1, 1]);
      expect([...(await mean.data())]).toEqual([Math.fround(value), Math.fround(value)]);
      tf.dispose([images, mean]);
    }
  });

  test('equals the mean in float64, over some axes or all', async () => {
    const values = createRandom(1).fillUniform(new Float32Array(3 * 40 * 30), 100, 101);
    const images = tf.tensor3d(values, [3, 40, 30]);
    const all = meanInStages(images, [0, 1, 2]);
    const expected = values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(Math.abs((await all.data())[0]! - expected)).toBeLessThan(2e-5);
    const columns = meanInStages(images, [1]);
    expect(columns.shape).toEqual([3, 1, 30]);
    const column = values.filter((_, index) => index < 1200 && index % 30 === 7);
    const ofColumn = column.reduce((sum, value) => sum + value, 0) / 40;
    expect(Math.abs((await columns.data())[7]! - ofColumn)).toBeLessThan(2e-5);
    tf.dispose([images, all, columns]);
  });
});
