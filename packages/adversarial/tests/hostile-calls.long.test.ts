import { createRandom } from '@cnnviz/internal';
import { linearClassifier, tinyTrainable } from '@cnnviz/testing';
import { describeHostileCalls, type ValidCall } from '@cnnviz/testing/hostile';
import * as tf from '@tensorflow/tfjs-core';
import * as adversarial from '../src/index.ts';

const weights = [
  [1, 0, 0, 0.5],
  [0, 1, 0.5, 0],
  [0, 0, 1, 1],
  [0.5, 0.5, 0, 0],
];
const model = linearClassifier(weights, [0, 0, 0, 0]);
const bounds = [0, 1] as const;

const images = () => tf.tensor4d([0.9, 0.1, 0.2, 0.3, 0.1, 0.8, 0.2, 0.1], [2, 2, 2, 1]);
const labels = () => tf.tensor1d([0, 1], 'int32');
const attacked = (options: object) => (): unknown[] => [model, images(), labels(), { bounds, ...options }];
const attack = (options: object): ValidCall => ({ given: attacked(options) });

const options = { bounds, maxSteps: 2, seed: 0 };
const batches = () => [{ images: images(), labels: labels() }];
const trainable = () => tinyTrainable({ shape: [2, 2, 1] });

const custom = {
  name: 'own',
  run: async (_: unknown, given: tf.Tensor4D) => ({ images: tf.clone(given) }),
};

const map = {
  resolution: 3,
  extent: 1,
  offsets: [-1, 0, 1],
  classes: [0, 0, 1, 0, 0, 1, 0, 2, 2],
  confidences: new Array(9).fill(0.5),
  inside: new Array(9).fill(true),
  sample: { label: 0, confidence: 0.5, index: 4, distance: 1 },
  directions: { right: Float32Array.of(1, 0, 0, 0), up: Float32Array.of(0, 1, 0, 0) },
};

/** An object whose parts are not replaced. */
const sealed = <T extends object>(instance: T): T => Object.create(instance);
const trainingCheckpoint = (): adversarial.CriticalTrainingCheckpoint => ({
  kind: 'trainOnCriticalSamples',
  version: 1,
  model: 'float32[1]',
  seed: 0,
  epoch: 1,
  batch: 0,
  done: 4,
  random: sealed(createRandom(0).state()),
  mixing: sealed(createRandom(1).state()),
  running: { examples: 0, loss: 0, correct: 0, searched: 0, critical: 0 },
  history: [{ epoch: 0, loss: 1, accuracy: 0.5, criticalSampleRatio: 0.5 }],
  weights: [{ shape: [1], values: Float32Array.of(1) }],
  optimizer: { name: 'SGD', steps: 4, slots: {} },
});

const calls: Record<string, ValidCall> = {
  fgsm: attack({ epsilon: 0.1 }),
  pgd: attack({ epsilon: 0.1, steps: 2, seed: 0 }),
  momentumPgd: attack({ epsilon: 0.1, steps: 2 }),
  autoPgd: attack({ epsilon: 0.1, steps: 2, seed: 0 }),
  squareAttack: attack({ epsilon: 0.1, queries: 2, seed: 0 }),
  carliniWagner: attack({ steps: 2, binarySearchSteps: 2 }),
  deepFool: attack({ steps: 2 }),
  minimalFgsm: attack({ maxEpsilon: 0.1, steps: 2, tolerance: 0.05 }),
  robustAccuracy: {
    given: () => [model, batches(), { epsilon: 0.1, bounds, seed: 0, attacks: [custom] }],
  },
  criticalSamples: { given: () => [model, images(), options] },
  criticalSampleRatio: { given: () => [model, [images()], options] },
  criticalSampleSweep: { given: () => [model, [images()], { ...options, radii: [0.001, 0.1] }] },
  criticalSampleBatches: {
    given: () => [trainable(), batches(), options],
    use: async (mixed: AsyncIterable<unknown>) => {
      for await (const _ of mixed);
    },
  },
  trainOnCriticalSamples: {
    given: () => [trainable(), batches(), { ...options, optimizer: tf.train.sgd(0.01), epochs: 1 }],
  },
  encodeCriticalTrainingCheckpoint: {
    given: () => [trainingCheckpoint()],
    accepts: {
      'checkpoint.random = {}': 'checked by what resumes from it',
      'checkpoint.mixing = {}': 'checked by what resumes from it',
      'checkpoint.mixing = null': 'there is none before the first batch',
      'checkpoint.history[0].criticalSampleRatio = null': 'there was no search',
    },
  },
  decodeCriticalTrainingCheckpoint: {
    given: () => [adversarial.encodeCriticalTrainingCheckpoint(trainingCheckpoint())],
  },
  foolingImages: { given: () => [model, { shape: [2, 2, 1], targets: [0, 1], bounds, seed: 0, steps: 2 }] },
  csrCurve: { given: () => [{ 'real labels': [{ epoch: 0, ratio: 0.5, interval: [0.4, 0.6] }] }] },
  decisionMap: { given: () => [model, tf.fill([1, 2, 2, 1], 0.5), { bounds, extent: 1, resolution: 3, seed: 0 }] },
  decisionPicture: { given: () => [map, { factor: 2, classNames: ['a', 'b', 'c'] }] },
  foolingGrid: {
    given: () => [
      { images: images(), targets: [0, 1], confidences: [0.5, 0.6] },
      { bounds, classNames: ['a', 'b'] },
    ],
  },
  adversarialStrip: { given: () => [model, images(), images(), { bounds, classNames: ['a', 'b', 'c', 'd'] }] },
  amplifyPerturbation: { given: () => [images(), images(), { bounds }] },
  predict: { given: () => [model, images()] },
};

describeHostileCalls('adversarial', adversarial, calls);
