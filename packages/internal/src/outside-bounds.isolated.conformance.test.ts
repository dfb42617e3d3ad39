import { describeOnBackends } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, test, vi } from 'vitest';
import { checker } from './check.ts';
import { nanWhereOutside, warnOfOutside } from './outside-bounds.ts';

const check = checker('@cnnviz/adversarial', 'fgsm');
const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
afterEach(() => warn.mockClear());
const arrived = () => new Promise((resolve) => setTimeout(resolve, 50));

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  const imagesOf = (...values: number[]) => tf.tensor4d(values, [values.length / 2, 2, 1, 1]);

  test('images outside the bounds become NaN, and the others stay', async () => {
    const images = imagesOf(0, 1, 0.5, 1.5, -0.1, 0.2, Number.NaN, 0, 0.3, 0.4);
    const other = tf.zerosLike(images);
    const kept = nanWhereOutside(other, images, [0, 1]);
    const rows = await kept.data();
    expect([...rows].map(Number.isNaN)).toEqual([0, 1, 1, 1, 0].flatMap((isLost) => [!!isLost, !!isLost]));
    expect(tf.memory().numTensors).toBe(3);
    tf.dispose([images, other, kept]);
  });

  test('a bound that float32 rounds is within', async () => {
    const images = imagesOf(0.1, 0.3);
    const kept = nanWhereOutside(images, images, [0.1, 0.3]);
    expect([...(await kept.data())]).toEqual([Math.fround(0.1), Math.fround(0.3)]);
    tf.dispose([images, kept]);
  });

  test('a warning comes when the values do, once, also of images that are disposed by then', async () => {
    const model = () => {};
    for (const value of [0.5, 255, 128]) {
      const images = imagesOf(0, value);
      warnOfOutside(check, 'images', images, [0, 1], model);
      images.dispose();
      expect(tf.memory().numTensors).toBe(0);
      await arrived();
    }
    expect(warn.mock.calls).toEqual([
      [
        '@cnnviz/adversarial: fgsm: images must be within [0, 1], and some are not: give the bounds of the images that you have',
      ],
    ]);
  });
});
