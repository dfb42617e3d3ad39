import type { LabeledImages } from '@cnnviz/internal';
import { startStockWasm, tinyCnn, tinyTrainable } from '@cnnviz/testing';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

const bounds = [0, 1] as const;
const model = tinyCnn();

let batch: LabeledImages;
let image: Tensor4D;
let optimizer: tf.SGDOptimizer;

beforeAll(async () => {
  await startStockWasm();
  batch = { images: tf.fill([2, 8, 8, 1], 0.5) as Tensor4D, labels: tf.tensor1d([0, 1], 'int32') };
  image = tf.fill([1, 8, 8, 1], 0.5) as Tensor4D;
  optimizer = tf.train.sgd(0.1);
});

afterAll(() => tf.dispose([{ ...batch }, image]));

const remedy = (name: string) =>
  new Error(
    `@cnnviz/adversarial: ${name}: needs gradients, and the wasm backend computes some wrongly and lacks others: run \`npm install @cnnviz/wasm-gradients\` and add \`import { registerWasmGradients } from '@cnnviz/wasm-gradients'; registerWasmGradients();\` to your program`,
  );

const asking: Record<string, () => unknown> = {
  fgsm: () => fgsm(model, batch.images, batch.labels, { epsilon: 0.1, bounds }),
  pgd: () => pgd(model, batch.images, batch.labels, { epsilon: 0.1, bounds, seed: 0 }),
  momentumPgd: () => momentumPgd(model, batch.images, batch.labels, { epsilon: 0.1, bounds }),
  autoPgd: () => autoPgd(model, batch.images, batch.labels, { epsilon: 0.1, bounds, seed: 0 }),
  deepFool: () => deepFool(model, batch.images, batch.labels, { bounds }),
  minimalFgsm: () => minimalFgsm(model, batch.images, batch.labels, { maxEpsilon: 0.1, bounds }),
  carliniWagner: () => carliniWagner(model, batch.images, batch.labels, { bounds }),
  foolingImages: () => foolingImages(model, { shape: [8, 8, 1], targets: [0], bounds, seed: 0 }),
  criticalSamples: () => criticalSamples(model, batch.images, { bounds, maxSteps: 2, seed: 0 }),
  criticalSampleRatio: () => criticalSampleRatio(model, [batch], { bounds, maxSteps: 2, seed: 0 }),
  criticalSampleSweep: () => criticalSampleSweep(model, [batch], { bounds, radii: [0.1], maxSteps: 2, seed: 0 }),
  criticalSampleBatches: async () => {
    const trainable = tinyTrainable();
    try {
      for await (const _ of criticalSampleBatches(trainable, [batch], { bounds, seed: 0 }));
    } finally {
      tf.dispose(trainable.variables);
    }
  },
  trainOnCriticalSamples: async () => {
    const trainable = tinyTrainable();
    try {
      await trainOnCriticalSamples(trainable, [batch], { optimizer, epochs: 1, bounds, seed: 0 });
    } finally {
      tf.dispose(trainable.variables);
    }
  },
  decisionMap: () => decisionMap(model, image, { bounds, extent: 1, resolution: 3, directions: 'gradient', seed: 0 }),
  robustAccuracy: () => robustAccuracy(model, [batch], { epsilon: 0.1, bounds, seed: 0 }),
};

describe('on the wasm backend without registerWasmGradients', () => {
  test.each(Object.keys(asking))('%s says which line to add', async (name) => {
    const before = tf.memory().numTensors;
    await expect((async () => asking[name]!())()).rejects.toThrow(remedy(name));
    expect(tf.memory().numTensors).toBe(before);
  });

  test('what needs no gradient runs', async () => {
    expect(await predict(model, batch.images)).toHaveLength(2);
    const options = { epsilon: 0.1, bounds, seed: 0 } as const;
    tf.dispose((await squareAttack(model, batch.images, batch.labels, { ...options, queries: 2 })).images);
    const attacks = [
      { name: 'none', blackBox: true, run: async (_: unknown, images: Tensor4D) => ({ images: tf.clone(images) }) },
    ];
    expect((await robustAccuracy(model, [batch], { ...options, attacks })).total).toBe(2);
    const map = await decisionMap(model, image, { bounds, extent: 1, resolution: 3, directions: 'random', seed: 0 });
    expect(map.classes).toHaveLength(9);
  });
});
