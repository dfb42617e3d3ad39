import { useBackend } from '@cnnviz/testing';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { askAtOnce, askModel } from './ask-model.ts';
import { checker } from './check.ts';

useBackend('cpu');

const check = checker('@cnnviz/adversarial', 'pgd');

/** Sums of pixels, of `batchSize` images and no other number. */
const fixed = (batchSize: number) => {
  const asked: number[] = [];
  const model = (images: Tensor4D): Tensor => {
    asked.push(images.shape[0]);
    if (images.shape[0] !== batchSize) throw new Error(`takes ${batchSize} images`);
    return tf.sum(images, [1, 2, 3]);
  };
  return { asked, model: Object.assign(model, { batchSize }) };
};
const imagesOf = (count: number) =>
  tf.tensor4d(
    Array.from({ length: count }, (_, image) => image),
    [count, 1, 1, 1],
  );

async function sumsOf(answer: Tensor | Promise<Tensor>): Promise<number[]> {
  const sums = await answer;
  const values = [...(await sums.data())];
  sums.dispose();
  return values;
}

describe.each([1, 3, 5, 7])('a model that says a batch size of %i', (batchSize) => {
  const count = 5;
  test('is asked for that many images at once, and gives as many answers as there are images', async () => {
    const images = imagesOf(count);
    const before = tf.memory().numTensors;
    const { model, asked } = fixed(batchSize);
    expect(await sumsOf(askModel(model, images, (sums) => tf.clone(sums)))).toEqual([0, 1, 2, 3, 4]);
    expect(asked).toEqual(new Array(Math.ceil(count / batchSize)).fill(batchSize));
    expect(tf.memory().numTensors).toBe(before);
    images.dispose();
  });

  test('also where it answers later', async () => {
    const images = imagesOf(count);
    const before = tf.memory().numTensors;
    const { model } = fixed(batchSize);
    const later = Object.assign(async (given: Tensor4D) => model(given), { batchSize });
    expect(await sumsOf(askModel(later, images, (sums) => tf.clone(sums)))).toEqual([0, 1, 2, 3, 4]);
    const failing = Object.assign(() => Promise.reject(new Error('lost')), { batchSize });
    await expect(askModel(failing, images, () => 0)).rejects.toThrow('lost');
    expect(tf.memory().numTensors).toBe(before);
    images.dispose();
  });

  test('keeps its gradient', async () => {
    const images = imagesOf(count);
    const { model } = fixed(batchSize);
    const gradient = tf.tidy(() =>
      tf.grad((given) => tf.sum(tf.square(askAtOnce(check, model, given as Tensor4D))))(images),
    );
    expect([...(await gradient.data())]).toEqual([0, 2, 4, 6, 8]);
    tf.dispose([images, gradient]);
  });
});

test('answers of several layers are joined layer by layer', async () => {
  const images = imagesOf(3);
  const { model } = fixed(2);
  const layers = Object.assign((given: Tensor4D) => ({ sum: model(given), twice: tf.mul(model(given), 2) }), {
    batchSize: 2,
  });
  expect(await sumsOf(askModel(layers, images, ({ sum, twice }) => tf.add(sum, twice)))).toEqual([0, 3, 6]);
  images.dispose();
});
