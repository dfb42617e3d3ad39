import { useBackend } from '@cnnviz/testing';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { askAtOnce, askModel } from './ask-model.ts';
import { checker } from './check.ts';

useBackend('cpu');

const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));
const twice = (images: Tensor) => tf.mul(images, 2);
const later =
  (model: (images: Tensor4D) => unknown) =>
  async (images: Tensor4D): Promise<Tensor> => {
    await turn();
    return model(images) as Tensor;
  };
const sum = (answer: Tensor) => tf.sum(answer);
const check = checker('@cnnviz/internal', 'test');

let images: Tensor4D;
let before: number;
beforeEach(() => {
  images = tf.ones([2, 3, 3, 1]);
  before = tf.memory().numTensors;
});
afterEach(() => images.dispose());

async function numberOf(answer: Tensor | Promise<Tensor>): Promise<number> {
  const read = await answer;
  const [value] = await read.data();
  read.dispose();
  return value!;
}

describe('askModel', () => {
  test('reads an answer at once, inside tf.tidy, and later', async () => {
    expect(askModel(twice, images, ({ shape }) => shape)).toEqual([2, 3, 3, 1]);
    expect(await numberOf(tf.tidy(() => askModel(twice, images, sum) as Tensor))).toBe(36);
    expect(await numberOf(askModel(later(twice), images, sum))).toBe(36);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('leaves images that the function which makes them keeps, or has from somebody', async () => {
    const kept = tf.keep(tf.ones([1, 2, 2, 1]) as Tensor4D);
    for (const model of [twice, later(twice)] as ((images: Tensor4D) => Tensor)[]) {
      expect(await numberOf(askModel(model, () => kept, sum))).toBe(8);
      expect(await numberOf(askModel(model, () => images, sum))).toBe(36);
    }
    expect([kept.isDisposed, images.isDisposed]).toEqual([false, false]);
    expect(tf.memory().numTensors).toBe(before + 1);
    kept.dispose();
  });

  test.each([
    ['at once', (model: (images: Tensor4D) => unknown) => model],
    ['later', later],
  ])('disposes what is made for a call answered %s, and nothing else', async (_, answering) => {
    const constant = tf.keep(tf.scalar(3));
    const variable = tf.tidy(() => tf.variable(tf.scalar(4), false));
    let made: Tensor4D | undefined;
    const make = (): Tensor4D => {
      tf.zeros([5]);
      made = tf.add(images, 1) as Tensor4D;
      return made;
    };
    const ask = (model: (images: Tensor4D) => unknown, asked: Tensor4D | (() => Tensor4D) = images) =>
      numberOf(askModel(answering(model) as (images: Tensor4D) => Tensor, asked, sum));
    expect(await ask(twice, make)).toBe(72);
    expect(made!.isDisposed).toBe(true);
    expect(await ask((batch) => batch, make)).toBe(36);
    expect(await ask((batch) => batch)).toBe(18);
    expect(await ask(() => constant)).toBe(3);
    expect(await ask(() => variable)).toBe(4);
    const both = await askModel(
      answering((batch) => ({ wanted: twice(batch), unwanted: [twice(batch)], images: batch })) as () => Record<
        string,
        Tensor
      >,
      images,
      ({ wanted }) => wanted!.shape,
    );
    expect(both).toEqual([2, 3, 3, 1]);
    expect([images, constant, variable].some((tensor) => tensor.isDisposed)).toBe(false);
    tf.dispose([constant, variable]);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('leaves a model that waits what it has made so far', async () => {
    const scaled = async (batch: Tensor4D) => {
      const half = tf.div(batch, 2);
      await turn();
      const answer = tf.add(half, batch);
      half.dispose();
      return answer;
    };
    expect(await numberOf(askModel(scaled, () => tf.add(images, 1) as Tensor4D, sum))).toBe(54);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('takes promises of another realm', async () => {
    const { runInNewContext } = await import('node:vm');
    const foreign = runInNewContext('(value) => Promise.resolve(value)') as (value: Tensor) => Promise<Tensor>;
    const answer = foreign(images);
    expect(answer).not.toBeInstanceOf(Promise);
    expect(await numberOf(askModel(() => foreign(twice(images)), images, sum))).toBe(36);
  });

  test('passes errors on, and leaks nothing', async () => {
    const reason = new Error('the server is down', { cause: 'no route' });
    const made = () => tf.add(images, 1) as Tensor4D;
    const fail = () => {
      throw reason;
    };
    await expect(askModel(later(fail), made, sum)).rejects.toBe(reason);
    await expect(askModel(later(twice), made, fail)).rejects.toBe(reason);
    expect(() => askModel(fail, made, sum)).toThrow(reason);
    expect(() => askModel(twice, made, fail)).toThrow(reason);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('askAtOnce', () => {
  test('gives the answer itself', () => {
    const answer = askAtOnce(check, twice, images);
    expect(answer.shape).toEqual(images.shape);
    answer.dispose();
  });

  test('refuses a promise, and disposes what comes of it', async () => {
    const refusal = (model: (images: Tensor4D) => Promise<unknown>, need?: string) => () =>
      askAtOnce(check, model, images, need);
    expect(refusal(later(twice))).toThrow(
      new TypeError('@cnnviz/internal: test: needs gradients of the model, so it must be synchronous, got a promise'),
    );
    expect(refusal(() => Promise.reject(new Error('unheard')), 'the encoder within a gradient')).toThrow(
      'needs the encoder within a gradient, so it must be synchronous, got a promise',
    );
    expect(refusal(later((batch) => batch))).toThrow(TypeError);
    await turn();
    await turn();
    expect(images.isDisposed).toBe(false);
    expect(tf.memory().numTensors).toBe(before);
  });
});
