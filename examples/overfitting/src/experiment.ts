import { type DataSet, type ImageSet, imageBatches, type Progress, selectImages } from '@cnnviz/example-support';
import { createRandom, type LabeledImages } from '@cnnviz/internal';
import {
  augment,
  type Capacity,
  capacity,
  corruptLabels,
  type EpochRecord,
  elasticNetPenalty,
  l1Penalty,
  l2Penalty,
  randomAffine,
  randomCrop,
  shuffledBatches,
  type TrainOptions,
  train,
} from '@cnnviz/regularizers';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { createNetwork } from './network.ts';

export { createNetwork } from './network.ts';

export interface Remedy {
  name: string;
  dropout?: number;
  options?: Partial<TrainOptions>;
}

/** Nothing, and each remedy by itself, with the strengths that are usual for small networks. */
export const remedies: readonly Remedy[] = [
  { name: 'none' },
  { name: 'L2, λ = 0.005', options: { penalty: (variables) => l2Penalty(variables, { lambda: 0.005 }) } },
  { name: 'L1, λ = 0.001', options: { penalty: (variables) => l1Penalty(variables, { lambda: 0.001 }) } },
  {
    name: 'elastic net',
    options: { penalty: (variables) => elasticNetPenalty(variables, { l1: 0.0005, l2: 0.0025 }) },
  },
  { name: 'dropout 0.5', dropout: 0.5 },
  {
    name: 'augmentation',
    options: {
      augmentation: augment(
        randomCrop({ size: [28, 28], padding: 2 }),
        randomAffine({ rotate: 10, scale: [0.9, 1.1], shear: 5 }),
      ),
    },
  },
  { name: 'mixup, α = 0.4', options: { mixup: { alpha: 0.4 } } },
  { name: 'label smoothing 0.1', options: { labelSmoothing: 0.1 } },
  {
    name: 'early stopping',
    options: { earlyStopping: { monitor: 'validationLoss', mode: 'min', patience: 5, restoreBest: true } },
  },
];

export interface Outcome {
  remedy: string;
  history: EpochRecord[];
  /** Whose weights the network ended with. */
  epoch: number;
  capacity: Capacity;
}

export interface ExperimentOptions {
  data: DataSet;
  trainImages: number;
  testImages: number;
  /** Probability with which a training label is drawn anew: what learning by heart then learns is wrong. */
  corruption: number;
  epochs: number;
  seed: number;
  /** Default: all of them. */
  remedies?: readonly Remedy[];
  progress: Progress;
}

/**
 * Trains the same network on the same few images once for each remedy.
 *
 * Early stopping looks at the test set here, to show it in the same picture; to choose a network by it one would take
 * images of its own.
 */
export async function compareRemedies(options: ExperimentOptions): Promise<Outcome[]> {
  const { data, epochs, seed, progress } = options;
  const random = createRandom(seed);
  const trainOrder = random.permutation(data.train.labels.length).subarray(0, options.trainImages);
  const testOrder = random.permutation(data.test.labels.length).subarray(0, options.testImages);
  const training = onDevice(selectImages(data.train, trainOrder), (labels) =>
    corruptLabels(labels, { probability: options.corruption, classes: data.train.classes.length, seed }),
  );
  const test = imageBatches(selectImages(data.test, testOrder), { size: 500 });
  const outcomes: Outcome[] = [];
  try {
    for (const remedy of options.remedies ?? remedies) {
      const network = createNetwork({ shape: data.train.shape, classes: data.train.classes.length, seed, ...remedy });
      const optimizer = tf.train.sgd(0.1);
      try {
        const { history, bestEpoch } = await progress.stage(remedy.name, epochs, (update) =>
          train(network, shuffledBatches(training, { size: 32, seed }), {
            optimizer,
            epochs,
            seed,
            validation: test,
            ...remedy.options,
            onProgress: (at) => {
              if (at.record !== undefined) update(at, `test loss ${at.record.validationLoss!.toFixed(2)}`);
            },
          }),
        );
        outcomes.push({
          remedy: remedy.name,
          history,
          epoch: bestEpoch ?? history.length - 1,
          capacity: capacity(network.variables, { samples: training.labels.shape[0] }),
        });
      } finally {
        optimizer.dispose();
        network.dispose();
      }
    }
  } finally {
    tf.dispose([training.images, training.labels]);
  }
  return outcomes;
}

function onDevice(set: ImageSet, change: (labels: Tensor1D) => Tensor1D): LabeledImages {
  for (const { images, labels } of imageBatches(set, { size: set.labels.length })) {
    return { images: tf.clone(images), labels: change(labels) };
  }
  throw new RangeError('@cnnviz/example-overfitting: compareRemedies: data must hold images, got none');
}
