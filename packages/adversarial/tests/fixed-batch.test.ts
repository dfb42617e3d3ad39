import { linearClassifier, useBackend } from '@cnnviz/testing';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { autoPgd } from '../src/attacks/auto-pgd.ts';
import { carliniWagner } from '../src/attacks/carlini-wagner.ts';
import { deepFool } from '../src/attacks/deep-fool.ts';
import { fgsm } from '../src/attacks/fgsm.ts';
import { minimalFgsm } from '../src/attacks/minimal-fgsm.ts';
import { momentumPgd } from '../src/attacks/momentum-pgd.ts';
import { pgd } from '../src/attacks/pgd.ts';
import { squareAttack } from '../src/attacks/square-attack.ts';
import { criticalSampleRatio } from '../src/critical-samples/critical-sample-ratio.ts';
import { criticalSamples } from '../src/critical-samples/critical-samples.ts';
import { foolingImages } from '../src/fooling-images/fooling-images.ts';
import { decisionMap } from '../src/pictures/decision-map.ts';
import { predict } from '../src/pictures/predict.ts';
import { robustAccuracy } from '../src/robust-accuracy/robust-accuracy.ts';

useBackend('cpu');

const classify = linearClassifier(
  [
    [1, 0, 0, 0.5],
    [0, 1, 0.5, 0],
    [0, 0, 1, 1],
    [0.5, 0.2, 0, 0],
  ],
  [0, 0.1, 0, 0],
);
const bounds = [0, 1] as const;

/** Takes this many images and no other number, as a LayersModel of a fixed batch does. */
const silently = (size: number) => (images: Tensor4D) => {
  if (images.shape[0] !== size) throw new Error(`expected [${size}, 2, 2, 1], got [${images.shape.join(', ')}]`);
  return classify(images);
};
const fixed = (batchSize: number) => Object.assign(silently(batchSize), { batchSize });

let images: Tensor4D;
let labels: Tensor1D;
beforeEach(() => {
  const values = Array.from({ length: 32 }, (_, index) => ((index * 7) % 16) / 16);
  images = tf.tensor4d(values, [8, 2, 2, 1]);
  labels = tf.tensor1d([0, 1, 2, 0, 1, 2, 0, 3], 'int32');
});
afterEach(() => tf.dispose([images, labels]));

type Model = typeof classify;
const work: Record<string, (model: Model) => unknown> = {
  fgsm: (model) => fgsm(model, images, labels, { epsilon: 0.1, bounds }),
  pgd: (model) => pgd(model, images, labels, { epsilon: 0.1, bounds, steps: 3, seed: 0, restarts: 2, earlyStop: true }),
  momentumPgd: (model) => momentumPgd(model, images, labels, { epsilon: 0.1, bounds, steps: 3 }),
  autoPgd: (model) => autoPgd(model, images, labels, { epsilon: 0.1, bounds, steps: 5, seed: 0 }),
  carliniWagner: (model) => carliniWagner(model, images, labels, { bounds, steps: 5, binarySearchSteps: 2 }),
  deepFool: (model) => deepFool(model, images, labels, { bounds, steps: 5 }),
  minimalFgsm: (model) => minimalFgsm(model, images, labels, { bounds, maxEpsilon: 0.5, steps: 4 }),
  squareAttack: (model) => squareAttack(model, images, labels, { epsilon: 0.2, bounds, queries: 20, seed: 0 }),
  robustAccuracy: (model) =>
    robustAccuracy(model, [{ images, labels }], {
      ...{ epsilon: 0.05, bounds, seed: 0 },
      attacks: [
        {
          name: 'pgd',
          run: (attacked, x, y, given) => pgd(attacked, x, y, { ...given, steps: 3, earlyStop: true }),
        },
      ],
    }),
  criticalSamples: (model) => criticalSamples(model, images, { bounds, radius: 0.1, maxSteps: 5, seed: 0 }),
  criticalSampleRatio: (model) => criticalSampleRatio(model, [images], { bounds, maxSteps: 5, seed: 0 }),
  foolingImages: (model) => foolingImages(model, { shape: [2, 2, 1], targets: [0, 1, 2], bounds, seed: 0, steps: 4 }),
  decisionMap: (model) =>
    decisionMap(
      model,
      tf.tidy(() => tf.fill([1, 2, 2, 1], 0.5)),
      { bounds, extent: 0.5, resolution: 5, seed: 0 },
    ),
  predict: (model) => predict(model, images),
};

/** Plain data, with tensors read and disposed. */
async function plain(result: unknown): Promise<unknown> {
  const awaited = await result;
  if (awaited instanceof tf.Tensor) {
    const values = [...(await awaited.data())];
    awaited.dispose();
    return values;
  }
  if (typeof awaited !== 'object' || awaited === null || ArrayBuffer.isView(awaited)) return awaited;
  const entries = await Promise.all(Object.entries(awaited).map(async ([name, part]) => [name, await plain(part)]));
  return Object.fromEntries(entries);
}

describe.each(Object.entries(work))('%s of a model whose batch size is fixed', (_, run) => {
  test.each([8, 1, 3, 16])('at %i, as it says, comes to the same as of any other', async (batchSize) => {
    expect(await plain(run(fixed(batchSize)))).toEqual(await plain(run(classify)));
  });

  test('passes on the error of one that does not say so', async () => {
    await expect(async () => run(silently(5))).rejects.toThrow('expected [5, 2, 2, 1], got');
  });
});

test.each(['fgsm', 'momentumPgd', 'carliniWagner', 'predict'])(
  '%s asks for as many images as it is given, so that a model of that batch size need not say so',
  async (name) => {
    expect(await plain(work[name]!(silently(8)))).toEqual(await plain(work[name]!(classify)));
  },
);
