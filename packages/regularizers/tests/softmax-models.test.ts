import { tinyTrainable, useBackend } from '@cnnviz/testing';
import type { Scalar, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, expect, test, vi } from 'vitest';
import { evaluate, type Loss, type TrainableModel, train } from '../src/index.ts';

useBackend('wasm');

const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
beforeEach(() => void warn.mockClear());

const warningOf = (name: string) => [
  `@cnnviz/regularizers: ${name}: the model seems to return probabilities where logits are expected, which hides gradients and lowers confidences: pass classifier(model) of @cnnviz/models, which takes off a softmax at the end, or a model that ends before it`,
];

/** What is said of a model by `evaluate` and then `train`, or the other way round. */
async function saidOf(isSoftmax: boolean, options: { loss?: Loss } = {}, names = ['evaluate', 'train']) {
  warn.mockClear();
  const plain = tinyTrainable();
  const model: TrainableModel = {
    ...plain,
    apply: (images, options) =>
      tf.tidy(() => (isSoftmax ? tf.softmax(plain.apply(images, options)) : plain.apply(images, options))),
  };
  const batches = [{ images: tf.fill([2, 8, 8, 1], 0.5) as Tensor4D, labels: tf.tensor1d([0, 1], 'int32') }];
  const optimizer = tf.train.sgd(0.001);
  for (const name of names) {
    if (name === 'evaluate') await evaluate(model, batches, options);
    else await train(model, batches, { optimizer, epochs: 2, seed: 0, validation: batches, ...options });
  }
  await new Promise((resolve) => setTimeout(resolve));
  tf.dispose([plain.variables, batches.map((batch) => ({ ...batch }))]);
  return warn.mock.calls;
}

test('train and evaluate warn once of a model that ends in a softmax, whose cross-entropy they would take', async () => {
  expect(await saidOf(true)).toEqual([warningOf('evaluate')]);
  expect(await saidOf(true, {}, ['train', 'evaluate'])).toEqual([warningOf('train')]);
});

test('they say nothing of logits, nor where the loss is the caller’s own and may want probabilities', async () => {
  expect(await saidOf(false)).toEqual([]);
  const loss: Loss = (outputs, labels) => {
    const logarithms = tf.log(tf.add(outputs, 1e-7));
    return tf.neg(tf.mean(tf.sum(tf.mul(labels, logarithms), 1))) as Scalar;
  };
  expect(await saidOf(true, { loss })).toEqual([]);
});
