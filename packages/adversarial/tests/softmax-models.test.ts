import type { Classifier, LabeledImages, Trainable } from '@cnnviz/internal';
import { tinyCnn, tinyTrainable, useBackend } from '@cnnviz/testing';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  autoPgd,
  carliniWagner,
  criticalSampleBatches,
  criticalSampleRatio,
  criticalSampleSweep,
  criticalSamples,
  decisionMap,
  deepFool,
  fgsm,
  foolingImages,
  minimalFgsm,
  momentumPgd,
  pgd,
  predict,
  robustAccuracy,
  squareAttack,
  trainOnCriticalSamples,
} from '../src/index.ts';

useBackend('wasm');

const bounds = [0, 1] as const;
const seed = 0;

let batch: LabeledImages;
let image: Tensor4D;
let optimizer: tf.SGDOptimizer;
const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});

beforeAll(() => {
  const images = tf.tidy(() => tf.div(tf.reshape(tf.range(0, 192), [3, 8, 8, 1]), 192)) as Tensor4D;
  batch = { images, labels: tf.tensor1d([0, 1, 2], 'int32') };
  image = tf.slice(images, 0, 1);
  optimizer = tf.train.sgd(0.001);
});
beforeEach(() => void warn.mockClear());
afterAll(() => tf.dispose([{ ...batch }, image]));

const classifying: Record<string, (model: Classifier, examples: LabeledImages) => unknown> = {
  fgsm: (model, { images, labels }) => fgsm(model, images, labels, { epsilon: 0.1, bounds }),
  pgd: (model, { images, labels }) => pgd(model, images, labels, { epsilon: 0.1, bounds, steps: 1, seed }),
  momentumPgd: (model, { images, labels }) => momentumPgd(model, images, labels, { epsilon: 0.1, bounds, steps: 1 }),
  autoPgd: (model, { images, labels }) => autoPgd(model, images, labels, { epsilon: 0.1, bounds, steps: 1, seed }),
  deepFool: (model, { images, labels }) => deepFool(model, images, labels, { bounds, steps: 1 }),
  minimalFgsm: (model, { images, labels }) => minimalFgsm(model, images, labels, { maxEpsilon: 0.1, bounds, steps: 1 }),
  carliniWagner: (model, { images, labels }) =>
    carliniWagner(model, images, labels, { bounds, binarySearchSteps: 1, steps: 1 }),
  squareAttack: (model, { images, labels }) =>
    squareAttack(model, images, labels, { epsilon: 0.1, bounds, queries: 1, seed }),
  foolingImages: (model) => foolingImages(model, { shape: [8, 8, 1], targets: [0, 1], bounds, steps: 1, seed }),
  criticalSamples: (model, { images }) => criticalSamples(model, images, { bounds, maxSteps: 1, seed }),
  criticalSampleRatio: (model, examples) => criticalSampleRatio(model, [examples], { bounds, maxSteps: 1, seed }),
  criticalSampleSweep: (model, examples) =>
    criticalSampleSweep(model, [examples], { bounds, radii: [0.1], maxSteps: 1, seed }),
  robustAccuracy: (model, examples) =>
    robustAccuracy(model, [examples], {
      epsilon: 0.1,
      bounds,
      seed,
      attacks: [{ name: 'none', blackBox: true, run: async (_, images) => ({ images: tf.clone(images) }) }],
    }),
  decisionMap: (model) => decisionMap(model, image, { bounds, extent: 1, resolution: 3, directions: 'random', seed }),
  predict: (model, { images }) => predict(model, images),
};

const training: Record<string, (model: Trainable, examples: LabeledImages) => unknown> = {
  criticalSampleBatches: async (model, examples) => {
    for await (const _ of criticalSampleBatches(model, [examples], { bounds, maxSteps: 1, seed }));
  },
  trainOnCriticalSamples: (model, examples) =>
    trainOnCriticalSamples(model, [examples], { optimizer, epochs: 2, bounds, maxSteps: 1, seed }),
};

const warningOf = (name: string) =>
  `@cnnviz/adversarial: ${name}: the model seems to return probabilities where logits are expected, which hides gradients and lowers confidences: pass classifier(model) of @cnnviz/models, which takes off a softmax at the end, or a model that ends before it`;

/** What is said on the console in two calls. */
async function saidBy(call: () => unknown): Promise<string[]> {
  for (let time = 0; time < 2; time++) {
    const result = (await call()) as { images?: unknown } | undefined;
    tf.dispose(result instanceof tf.Tensor ? result : (result?.images as tf.TensorContainer));
    await new Promise((resolve) => setTimeout(resolve));
  }
  return warn.mock.calls.map(([message]) => message);
}

describe('a model that ends in a softmax is warned of once, by the name of the function', () => {
  test.each(Object.keys(classifying))('%s', async (name) => {
    const softmax = tinyCnn({ softmax: true });
    expect(await saidBy(() => classifying[name]!(softmax, batch))).toEqual([warningOf(name)]);
  });

  test.each(Object.keys(training))('%s', async (name) => {
    const model = tinyTrainable();
    const softmax: Trainable = {
      ...model,
      apply: (images, options) => tf.tidy(() => tf.softmax(model.apply(images, options))),
    };
    expect(await saidBy(() => training[name]!(softmax, batch))).toEqual([warningOf(name)]);
    tf.dispose(model.variables);
  });
});

describe('nothing is said of a model that ends in logits', () => {
  test.each(Object.keys(classifying))('%s', async (name) => {
    const model = tinyCnn();
    expect(await saidBy(() => classifying[name]!(model, batch))).toEqual([]);
  });

  test.each(Object.keys(training))('%s', async (name) => {
    const model = tinyTrainable();
    expect(await saidBy(() => training[name]!(model, batch))).toEqual([]);
    tf.dispose(model.variables);
  });
});

test('nothing is said where one image of the batch gets logits that no softmax returns', async () => {
  const one = tinyCnn({ softmax: true });
  const model: Classifier = (images) => tf.tidy(() => tf.add(one(images), tf.tensor2d([[0], [0], [0.5]])));
  expect(await saidBy(() => fgsm(model, batch.images, batch.labels, { epsilon: 0.1, bounds }))).toEqual([]);
});

test('fgsm inside tf.tidy keeps nothing for its warning', async () => {
  const softmax = tinyCnn({ softmax: true });
  const before = tf.memory();
  tf.tidy(() => void fgsm(softmax, batch.images, batch.labels, { epsilon: 0.1, bounds }));
  expect(tf.memory().numTensors).toBe(before.numTensors);
  await vi.waitFor(() => expect(warn.mock.calls).toEqual([[warningOf('fgsm')]]));
  expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
});
