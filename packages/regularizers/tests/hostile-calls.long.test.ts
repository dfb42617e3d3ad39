import { createRandom } from '@cnnviz/internal';
import { describeHostileCalls, type ValidCall } from '@cnnviz/testing/hostile';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import * as regularizers from '../src/index.ts';
import { denseModel, patternExamples } from '../test-support/dense-model.ts';

const { randomMirror } = regularizers;

const images = () => tf.tidy(() => patternExamples(3).images);
const labels = () => tf.tensor1d([0, 1, 2], 'int32');
const oneHot = () => tf.tidy(() => tf.cast(tf.oneHot(labels(), 3), 'float32')) as Tensor2D;
const examples = () => patternExamples(3);
const model = () => denseModel({ hidden: 3 });
const weights = () => tf.tidy(() => [tf.variable(tf.ones([2, 2]))]);
const epoch = {
  epoch: 0,
  loss: 1,
  penalty: 0,
  accuracy: 0.5,
  learningRate: 0.1,
  validationLoss: 1,
  validationAccuracy: 0.4,
};
const run = {
  condition: 'true labels',
  corruption: 0,
  regularizer: 'none',
  seed: 0,
  parameters: 10,
  samples: 3,
  epochs: 1,
  trainLoss: 0.1,
  testLoss: 1,
  trainAccuracy: 1,
  testAccuracy: 0.5,
  curve: [epoch],
};

const augmenting = (...options: object[]): ValidCall => ({
  given: () => options,
  use: (augmentation: regularizers.Augmentation) => {
    const own = images();
    try {
      return augmentation(own, { seed: 0 });
    } finally {
      own.dispose();
    }
  },
});
const stopping = () => new regularizers.EarlyStopping({ mode: 'min', restoreBest: true, patience: 1 });
const stoppable = () => ({ stopTraining: false, getWeights: () => [], setWeights: () => {} });

/** An instance of a class, as far as hostile calls look: nothing inside it is replaced. */
const sealed = <T extends object>(instance: T): T => Object.create(instance);
const checkpoint = () => ({
  kind: 'train' as const,
  version: 1,
  model: 'float32[1]',
  seed: 0,
  epoch: 1,
  batch: 0,
  done: 4,
  random: sealed(createRandom(0).state()),
  running: { examples: 0, loss: 0, penalty: 0, correct: 0 },
  history: [epoch],
  stoppedBy: null,
  weights: [{ shape: [1], values: Float32Array.of(1) }],
  optimizer: { name: 'SGD', steps: 4, slots: {} },
  earlyStopping: null,
});

/** Where training breaks down. */
const mayBeNaN = (...names: string[]) =>
  Object.fromEntries(names.map((name) => [`${name} = NaN`, 'a loss that broke down']));
const numbersOfRun = ['corruption', 'trainLoss', 'trainAccuracy', 'testLoss', 'testAccuracy'];
const numbersOfEpoch = ['learningRate', 'loss', 'penalty', 'accuracy', 'validationLoss', 'validationAccuracy'];
const accepts = mayBeNaN(
  ...numbersOfRun.map((name) => `runs[0].${name}`),
  ...numbersOfEpoch.map((name) => `runs[0].curve[0].${name}`),
);

const checkedLater = 'checked by what resumes from it';
const values = [
  'undefined',
  'null',
  '-1.5',
  'NaN',
  '"hostile"',
  '[]',
  '["hostile"]',
  '[undefined]',
  '{}',
  'a function',
  'a promise',
  'a disposed tensor',
  'a tensor',
];
const neverRead = Object.fromEntries(values.map((value) => [`model.stopTraining = ${value}`, 'only written']));

const calls: Record<string, ValidCall> = {
  augment: { given: () => [randomMirror(), randomMirror()] },
  defineAugmentation: {
    ...augmenting({
      name: 'own',
      draw: () => 1,
      apply: (own: Tensor4D) => tf.clone(own),
      shapeOf: (shape: regularizers.ImagesShape) => shape,
    }),
    use: (augmentation: regularizers.Augmentation) => {
      const own = images();
      try {
        augmentation.shapeOf([1, 4, 4, 1]);
        return augmentation(own, { seed: 0 });
      } finally {
        own.dispose();
      }
    },
    speaksAs: ['defineAugmentation', 'own'],
    accepts: { 'parts.draw rejects': 'parameters may be anything, also a promise' },
  },
  randomCrop: augmenting({ size: [2, 2], padding: 1, mode: 'zero' }),
  centerCrop: augmenting({ size: [2, 2] }),
  randomMirror: augmenting({ leftRight: 0.5, upDown: 0.5 }),
  randomAffine: augmenting({ rotate: [-5, 5], scale: [0.9, 1.1], translate: [0.1, 0.1], shear: 5 }),
  randomErase: augmenting({ probability: 1, area: [0.1, 0.2], aspectRatio: [0.5, 2], fill: [0, 1] }),
  colorJitter: augmenting({ bounds: [0, 1], brightness: 0.1, contrast: 0.1 }),
  mixup: { given: () => [{ alpha: 1 }] },

  whiten: { given: () => [images()] },
  dropout: { given: () => [images(), { rate: 0.5, seed: 0, training: true, noiseShape: [3, 4, 4, 1] }] },
  spatialDropout: { given: () => [images(), { rate: 0.5, seed: 0, training: true }] },
  labelSmoothing: { given: () => [oneHot(), { smoothing: 0.1 }] },
  corruptLabels: { given: () => [labels(), { probability: 0.5, classes: 3, seed: 0 }] },
  shufflePixels: { given: () => [images(), { seed: 0, undo: false }] },
  randomizePixels: { given: () => [images(), { seed: 0, first: 0 }] },
  pixelStatistics: { given: () => [[images()]] },
  gaussianPixels: { given: () => [images(), { mean: 0, deviation: 1, seed: 0, first: 0 }] },
  conditionName: { given: () => ['true labels'] },
  applyCondition: {
    given: () => [{ train: examples(), test: examples() }, 'random labels', { classes: 3, seed: 0 }],
  },
  shuffledBatches: { given: () => [examples(), { size: 2, seed: 0 }] },

  isWeight: { given: () => [weights()[0]] },
  l1Penalty: { given: () => [weights(), { lambda: 0.1 }] },
  l2Penalty: { given: () => [weights(), { lambda: 0.1 }] },
  elasticNetPenalty: { given: () => [weights(), { l1: 0.1, l2: 0.1 }] },
  decayWeights: { given: () => [weights(), { rate: 0.1 }] },
  lambdaOfWeightDecay: { given: () => [0.1] },
  weightDecayOfLambda: { given: () => [0.1] },
  capacity: { given: () => [weights(), { samples: 3 }] },

  constantRate: { given: () => [0.1] },
  stepRate: { given: () => [{ initial: 0.1, at: [1], factor: 0.5 }] },
  exponentialRate: { given: () => [{ initial: 0.1, factor: 0.5 }] },
  cosineRate: { given: () => [{ initial: 0.1, epochs: 5, final: 0 }] },

  EarlyStopping: {
    given: () => [{ mode: 'min', patience: 1, minDelta: 0, baseline: 1, resume: stopping().state() }],
  },
  'EarlyStopping#observe': {
    on: stopping,
    given: () => [0, 1, weights()],
    accepts: {
      'metric = NaN': 'an epoch without improvement',
      'weights[0] = a tensor of another dtype': 'a counter of steps is int32',
    },
  },
  'EarlyStopping#restore': { on: stopping, given: () => [weights()] },
  'EarlyStopping#bestWeights': { on: stopping },
  'EarlyStopping#state': { on: stopping },
  earlyStoppingCallback: {
    given: () => [stoppable(), { monitor: 'loss', mode: 'min', patience: 1 }],
    speaksAs: ['earlyStoppingCallback', 'EarlyStopping'],
    accepts: neverRead,
  },

  evaluate: { given: () => [model(), [examples()], {}] },
  train: {
    given: () => [
      model(),
      [examples()],
      { optimizer: tf.train.sgd(0.1), epochs: 1, seed: 0, validation: [examples()] },
    ],
    speaksAs: ['train', 'evaluate'],
  },
  encodeCheckpoint: {
    given: () => [checkpoint()],
    accepts: {
      ...mayBeNaN('checkpoint.history[0].validationLoss', 'checkpoint.history[0].validationAccuracy'),
      'checkpoint.random = {}': checkedLater,
      'checkpoint.optimizer = {}': checkedLater,
      'checkpoint.earlyStopping = {}': checkedLater,
    },
  },
  decodeCheckpoint: { given: () => [regularizers.encodeCheckpoint(checkpoint())] },
  generalizationGap: {
    given: () => [[epoch]],
    accepts: mayBeNaN(...numbersOfEpoch.map((name) => `history[0].${name}`)),
  },
  overfittingChart: { given: () => [{ a: [epoch] }, { metric: 'loss' }] },
  randomizationTest: {
    given: () => {
      const own = model();
      const options = {
        classes: 3,
        createModel: () => sealed({ ...own, dispose: () => {} }),
        createOptimizer: () => tf.train.rmsprop(0.1),
        epochs: 1,
        seeds: [0],
        conditions: ['true labels'],
        regularizers: [{ name: 'none', dropout: 0 }],
        prepare: (given: Tensor4D) => tf.clone(given),
      };
      // The model comes along, so that it is disposed with the arguments.
      return [{ train: examples(), test: examples() }, options, own];
    },
    speaksAs: ['randomizationTest', 'applyCondition', 'augment', 'train'],
    accepts: {
      'options.createModel().dispose = undefined': 'then its variables are disposed',
      'options.createModel().dispose = null': 'then its variables are disposed',
      'options.createModel().dispose throws': 'is a warning: the result is there by then',
      'options.createModel().dispose rejects': 'is a warning: the result is there by then',
    },
  },
  summarizeRuns: { given: () => [[run]], accepts },
  randomizationCurves: { given: () => [[run]], accepts },
  corruptionChart: { given: () => [[run], { classes: 3 }], accepts },
};

describeHostileCalls('regularizers', regularizers, calls);
