import { predict } from '@cnnviz/adversarial';
import {
  accuracy,
  type Chapter,
  countParameters,
  type DataSet,
  type ImageSet,
  imageBatches,
  type LearningCurvePoint,
  lenet,
  type PictureCell,
  pngPicture,
  trainModel,
} from '@cnnviz/example-support';
import type { Batches, Classifier, LabeledImages } from '@cnnviz/internal';
import { trainable } from '@cnnviz/models';
import type { TrainProgress } from '@cnnviz/regularizers';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { percent } from './percent.ts';

export interface LearningOptions {
  data: DataSet;
  epochs: number;
  /** Decides the initial weights and the order of the images. */
  seed: number;
  /** Called after each step; `accuracy` is the fraction of the images since the last test that were read correctly. */
  onProgress: (progress: TrainProgress) => void;
}

export interface Learned {
  network: LayersModel;
  /** Weights of the first layer before training. */
  initialKernel: tf.Tensor4D;
  curve: LearningCurvePoint[];
  testAccuracy: number;
  untrainedAccuracy: number;
  seconds: number;
}

const BATCH = 64;
const TEST_BATCH = 500;
/** The network is tested twice per epoch, since most is learned in the first. */
const PARTS = 2;
/** Size of the first layer's random weights, as a share of the usual size. */
const INITIAL_STRENGTH = 0.1;
const LEARNING_RATE = 0.04;
const LEARNING_RATE_DECAY = 0.5;

/** Trains LeNet from random weights. The caller disposes `network` and `initialKernel`. */
export async function learn({ data, epochs, seed, onProgress }: LearningOptions): Promise<Learned> {
  const { train, test } = data;
  const network = lenet({ seed, inputShape: train.shape, classes: train.classes.length });
  weakenFirstLayer(network);
  const initialKernel = tf.clone(firstKernel(network));
  const model = trainable(network);
  const testBatches = imageBatches(test, { size: TEST_BATCH });
  const start = performance.now();
  try {
    const untrainedAccuracy = await accuracy((images) => model.apply(images, { training: false }), testBatches);
    const curve = await trainModel(
      model,
      (part) => {
        const epoch = imageBatches(train, { size: BATCH, seed, epoch: Math.floor(part / PARTS) });
        return everyNth(epoch, PARTS, part % PARTS);
      },
      {
        epochs: epochs * PARTS,
        learningRate: (part) => LEARNING_RATE * LEARNING_RATE_DECAY ** Math.floor(part / PARTS),
        test: testBatches,
        onProgress,
      },
    );
    const testAccuracy = curve.at(-1)?.testAccuracy ?? 0;
    return {
      network,
      initialKernel,
      curve,
      testAccuracy,
      untrainedAccuracy,
      seconds: (performance.now() - start) / 1000,
    };
  } catch (error) {
    network.dispose();
    initialKernel.dispose();
    throw error;
  }
}

/** Weakens the first filters: a few steps of training would not outshine full random weights, and only those would be seen. */
function weakenFirstLayer(network: LayersModel): void {
  const layer = network.layers[0];
  const [kernel, ...rest] = layer?.getWeights() ?? [];
  if (kernel === undefined) return;
  const weak = tf.mul(kernel, INITIAL_STRENGTH);
  layer?.setWeights([weak, ...rest]);
  weak.dispose();
}

/** Weights of the first layer, `[h, w, 1, filters]`; they stay the network's. */
export function firstKernel(network: LayersModel): tf.Tensor4D {
  return network.getWeights()[0] as tf.Tensor4D;
}

function everyNth(batches: Iterable<LabeledImages>, n: number, first: number): Batches<LabeledImages> {
  return {
    *[Symbol.iterator]() {
      let index = 0;
      for (const batch of batches) if (index++ % n === first) yield batch;
    },
  };
}

/** Shows what was learned, how fast, and where it still fails. */
export async function learningChapter(
  { network, curve, testAccuracy, untrainedAccuracy, seconds }: Learned,
  { train, test }: DataSet,
  classifier: Classifier,
): Promise<Chapter> {
  const points = curve.map(({ epoch, trainAccuracy, testAccuracy = 0 }) => ({
    epochs: (epoch + 1) / PARTS,
    trainAccuracy,
    testAccuracy,
  }));
  const mistakes = await mistakesOf(classifier, test);
  return {
    id: 'learning',
    title: 'What it learned',
    intro: [
      `LeNet (${grouped(countParameters(network))} weights) started with random weights and saw ${grouped(train.labels.length)} handwritten digits, ${BATCH} at a time. It is tested on ${grouped(test.labels.length)} other digits, from which it never learned.`,
    ],
    facts: [
      { label: 'test accuracy', value: percent(testAccuracy) },
      { label: 'before training', value: percent(untrainedAccuracy) },
      { label: 'epochs', value: String(points.at(-1)?.epochs ?? 0) },
      { label: 'training time', value: `${seconds.toFixed(0)} s` },
    ],
    figures: [
      {
        kind: 'chart',
        caption:
          'Learning curve. Training accuracy covers the images since the previous point, each read before the network learned from it.',
        alt: `Learning curve: ${points.map(({ epochs, trainAccuracy, testAccuracy }) => `after ${epochs} epochs ${percent(trainAccuracy)} of the training images and ${percent(testAccuracy)} of the test images are read correctly`).join('; ')}.`,
        spec: {
          width: 420,
          height: 240,
          data: {
            values: points.flatMap(({ epochs, trainAccuracy, testAccuracy }) => [
              { epochs, accuracy: trainAccuracy, images: 'training images' },
              { epochs, accuracy: testAccuracy, images: 'test images' },
            ]),
          },
          mark: { type: 'line', point: true },
          encoding: {
            x: {
              field: 'epochs',
              type: 'quantitative',
              title: 'epochs',
              axis: { values: points.map(({ epochs }) => epochs) },
            },
            y: {
              field: 'accuracy',
              type: 'quantitative',
              title: 'accuracy',
              axis: { format: '.0%' },
              scale: { zero: false },
            },
            color: { field: 'images', type: 'nominal' },
            strokeDash: { field: 'images', type: 'nominal' },
          },
        },
      },
      {
        kind: 'table',
        caption: 'The same in numbers.',
        columns: ['epochs', 'training images', 'test images'],
        rows: points.map(({ epochs, trainAccuracy, testAccuracy }) => [
          epochs,
          percent(trainAccuracy, 2),
          percent(testAccuracy, 2),
        ]),
      },
      ...(mistakes.cells.length === 0
        ? []
        : [
            {
              kind: 'pictures' as const,
              caption: `The first ${mistakes.cells.length} of the ${mistakes.count} test digits that it misreads.`,
              rows: [{ cells: mistakes.cells }],
            },
          ]),
    ],
  };
}

const SHOWN_MISTAKES = 5;
const ENLARGED = 4;

async function mistakesOf(model: Classifier, test: ImageSet): Promise<{ count: number; cells: PictureCell[] }> {
  const cells: PictureCell[] = [];
  let count = 0;
  for (const { images, labels } of imageBatches(test, { size: TEST_BATCH })) {
    const truth = await labels.data();
    const predictions = await predict(model, images);
    for (const [index, { label, confidence }] of predictions.entries()) {
      if (label === truth[index]) continue;
      count++;
      if (cells.length === SHOWN_MISTAKES) continue;
      const [right, read] = [test.classes[truth[index] ?? 0], `${test.classes[label]} at ${percent(confidence)}`];
      const image = tf.tidy(() => tf.squeeze<tf.Tensor3D>(tf.slice(images, index, 1), [0]));
      const name = `mistake-${count}`;
      const alt = `A handwritten ${right} that the network reads as ${read}`;
      const picture = await pngPicture(image, { name, alt, factor: ENLARGED });
      cells.push({ picture, label: `a ${right}`, note: `reads ${read}` });
      image.dispose();
    }
  }
  return { count, cells };
}

function grouped(count: number): string {
  return count.toLocaleString('en-GB');
}
