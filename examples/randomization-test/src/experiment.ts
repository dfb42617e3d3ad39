import {
  type DataSet,
  type ImageSet,
  imageBatches,
  type Progress,
  perceptronWithDropout,
  selectImages,
} from '@cnnviz/example-support';
import { createRandom, type LabeledImages } from '@cnnviz/internal';
import {
  augment,
  centerCrop,
  type DataCondition,
  exponentialRate,
  type RandomizationRun,
  type Regularization,
  randomCrop,
  randomizationTest,
  randomMirror,
  whiten,
} from '@cnnviz/regularizers';
import * as tf from '@tensorflow/tfjs-core';

/** How much of the paper is done. */
export interface Scale {
  name: 'quick' | 'standard' | 'full';
  trainImages: number;
  testImages: number;
  /** At most so many; a run ends once it fits. */
  epochs: number;
  /** Probabilities of the partially corrupted labels. */
  corruptions: readonly number[];
  /** True and random labels are also learned from so many images. */
  otherSets: readonly number[];
  hiddenLayers: readonly number[];
  regularizers: readonly Regularization[];
}

const none: Regularization = { name: 'none' };
/** The paper does not state its weight decay for the MLPs; this is the usual one. */
const weightDecay: Regularization = { name: 'weight decay 5e-4', weightDecay: 5e-4 };
const dropout: Regularization = { name: 'dropout 0.5', dropout: 0.5 };
const augmentation: Regularization = {
  name: 'crop and mirror',
  augmentation: augment(randomCrop({ size: [28, 28], padding: 4 }), randomMirror()),
};
const allThree: Regularization = { ...weightDecay, ...dropout, ...augmentation, name: 'all three' };

export const scales: Readonly<Record<Scale['name'], Scale>> = {
  quick: {
    name: 'quick',
    trainImages: 2000,
    testImages: 5000,
    epochs: 60,
    corruptions: [0.5],
    otherSets: [500],
    hiddenLayers: [1],
    regularizers: [none, weightDecay],
  },
  standard: {
    name: 'standard',
    trainImages: 2000,
    testImages: 10_000,
    epochs: 80,
    corruptions: [0.2, 0.4, 0.6, 0.8],
    otherSets: [500, 1000, 5000],
    hiddenLayers: [1, 3],
    regularizers: [none, weightDecay, dropout, augmentation],
  },
  full: {
    name: 'full',
    trainImages: 50_000,
    testImages: 10_000,
    epochs: 300,
    corruptions: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
    otherSets: [500, 2000, 10_000],
    hiddenLayers: [1, 3],
    regularizers: [none, weightDecay, dropout, augmentation, allThree],
  },
};

export interface ExperimentOptions {
  data: DataSet;
  scale: Scale;
  seed: number;
  /** Learning rate of the first epoch, and its factor from each to the next. Default: 0.01 and 0.95, the paper's. */
  learningRate?: { initial: number; factor: number };
  progress: Progress;
  /** Rows of an earlier call; they are not repeated. */
  resume?: readonly ExperimentRun[];
  /** Called with each new row. */
  onRun?: (run: ExperimentRun) => Promise<void>;
}

export interface ExperimentRun extends RandomizationRun {
  network: string;
  seconds: number;
}

/** The parts of the experiment, each with its own progress bar. */
export function stagesOf(scale: Scale): number {
  return scale.hiddenLayers.length * 2 + scale.otherSets.length;
}

/**
 * Zhang et al. on a subset: all conditions without regularization, true and random labels with each regularizer, and
 * both on subsets of other sizes. Images are cropped to their middle 28x28 and whitened one by one, as in the paper.
 */
export async function runExperiment(options: ExperimentOptions): Promise<ExperimentRun[]> {
  const { scale, seed, progress, data, resume = [], learningRate = { initial: 0.01, factor: 0.95 } } = options;
  const random = createRandom(seed);
  const [trainOrder, testOrder] = [data.train, data.test].map((set) => random.permutation(set.labels.length)) as [
    Int32Array,
    Int32Array,
  ];
  const test = await middleImages(selectImages(data.test, testOrder.subarray(0, scale.testImages)));
  const results: ExperimentRun[] = [];

  const runPart = async (
    label: string,
    count: number,
    hiddenLayers: number,
    conditions: readonly DataCondition[],
    regularizers: readonly Regularization[],
  ) => {
    const network = `MLP ${hiddenLayers}x512`;
    const train = await middleImages(selectImages(data.train, trainOrder.subarray(0, count)));
    const isOfPart = (run: ExperimentRun) => run.network === network && run.samples === train.labels.shape[0];
    const epochs = scale.epochs * conditions.length * regularizers.length;
    let start = performance.now();
    try {
      const runs = await progress.stage(label, epochs, (update) =>
        randomizationTest(
          { train, test },
          {
            classes: data.train.classes.length,
            createModel: ({ shape, ...request }) =>
              perceptronWithDropout({ ...request, inputShape: shape, hiddenLayers }),
            createOptimizer: () => tf.train.momentum(learningRate.initial, 0.9),
            schedule: exponentialRate(learningRate),
            epochs: scale.epochs,
            seeds: [seed],
            conditions,
            regularizers,
            prepare: whiten,
            fittedAt: 0.995,
            resume: { kind: 'randomizationTest', version: 1, runs: resume.filter(isOfPart) },
            onProgress: (at) => {
              const accuracy = `${(100 * at.accuracy).toFixed(1)}% of the training set`;
              if (at.record !== undefined) update(at, `${at.condition}, ${at.regularizer}: ${accuracy}`);
            },
            onRun: async (run) => {
              const seconds = (performance.now() - start) / 1000;
              start = performance.now();
              const row = { ...run, network, seconds };
              results.push(row);
              await options.onRun?.(row);
            },
          },
        ),
      );
      for (const run of runs) {
        const known = resume.find(
          (other) => isOfPart(other) && other.condition === run.condition && other.regularizer === run.regularizer,
        );
        if (known !== undefined && !results.includes(known)) results.push(known);
      }
    } finally {
      tf.dispose([train.images, train.labels]);
    }
  };

  try {
    const partly = scale.corruptions.map((corruptedLabels) => ({ corruptedLabels }));
    const conditions: DataCondition[] = [
      'true labels',
      ...partly,
      'random labels',
      'shuffled pixels',
      'random pixels',
      'gaussian',
    ];
    for (const hiddenLayers of scale.hiddenLayers) {
      const name = `MLP ${hiddenLayers}x512`;
      await runPart(`${name}, all conditions`, scale.trainImages, hiddenLayers, conditions, [none]);
      const regularizers = scale.regularizers.filter((regularizer) => regularizer.name !== none.name);
      if (regularizers.length === 0) continue;
      await runPart(
        `${name}, with regularizers`,
        scale.trainImages,
        hiddenLayers,
        ['true labels', 'random labels'],
        regularizers,
      );
    }
    for (const count of scale.otherSets) {
      await runPart(`${count} images`, count, scale.hiddenLayers[0]!, ['true labels', 'random labels'], [none]);
    }
  } finally {
    tf.dispose([test.images, test.labels]);
  }
  return results;
}

/** A whole set on the device, cropped to 28x28 where it is larger. */
async function middleImages(set: ImageSet): Promise<LabeledImages> {
  const [height, width] = set.shape;
  const size = [Math.min(28, height), Math.min(28, width)] as const;
  for (const { images, labels } of imageBatches(set, { size: set.labels.length })) {
    return { images: centerCrop({ size })(images), labels: tf.clone(labels) };
  }
  throw new RangeError('@cnnviz/example-randomization-test: runExperiment: data must hold images, got none');
}
