/**
 * Trains, on the digits and the hidden units of the digit network, the generator that the playground's ascent draws with,
 * and the judge that says what is to be seen, a network of another kind. Writes `generator` and `judge`:
 *
 *     pnpm --filter @cnnviz/example-playground train-generator
 *
 * To be run again whenever the digit network was trained anew.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type CodeBounds,
  codeBounds,
  type TrainableGenerator,
  trainGenerator,
  upconvolutionalGenerator,
} from '@cnnviz/actmax';
import {
  accuracy,
  chooseBackend,
  type ImageBatchesOptions,
  type ImageSet,
  imageBatches,
  initializeKernels,
  mnist,
  trainModel,
} from '@cnnviz/example-support';
import { type Classifier, createRandom, type LabeledImages } from '@cnnviz/internal';
import { imageModel, loadModel, saveModel, trainable } from '@cnnviz/models';
import { dropout, randomCrop } from '@cnnviz/regularizers';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { hiddenUnits } from '../src/worker/hidden-units.ts';

const folderOf = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const seed = 0;
const batchSize = 64;
const generatorEpochs = 16;
const judgeEpochs = 8;
/** Of the numbers of a code, in training: a generator that has met whole codes only draws specks where no image leads. */
const leftOut = 0.5;

await chooseBackend();
const { train, test } = await mnist();
const digits = await loadModel(folderOf('network'));
const units = hiddenUnits(digits.topology as tfl.LayersModel);
const encoder: Classifier = (images) => tf.tidy(() => tf.relu(units(images)));

const bounds = await codeBounds(encoder, imagesOnly(train, { size: 500 }));
const architecture = {
  codeSize: bounds.upper.length,
  hidden: 64,
  filters: [16, 8],
  codeScale: rootMeanSquare(bounds),
};
const generator = upconvolutionalGenerator({ ...architecture, shape: train.shape, bounds: train.bounds, seed });
await trainGenerator(
  withNumbersLeftOut(generator),
  encoder,
  (epoch) => imagesOnly(train, { size: batchSize, seed, epoch }),
  {
    loss: 'l2',
    optimizer: tf.train.adam(0.002),
    epochs: generatorEpochs,
    schedule: (epoch) => 0.002 * 0.85 ** epoch,
    onProgress: ({ epoch, batch, imageLoss }) => {
      if (batch % 50 === 0) console.log(`generator, epoch ${epoch}, batch ${batch}: ${imageLoss.toFixed(2)}`);
    },
  },
);
await writeGenerator(folderOf('generator'));

const judge = stridedConvolutions();
await trainModel(
  trainable(judge),
  (epoch) => shifted(imageBatches(train, { size: batchSize, seed: seed + 1, epoch }), seed + epoch),
  { epochs: judgeEpochs, learningRate: (epoch) => 0.03 * 0.75 ** epoch },
);
const preprocessing = { range: [0, 1] } as const;
await saveModel(judge, folderOf('judge'), { preprocessing, labels: test.classes, quantization: 'uint16' });
const { classifier } = await imageModel(judge, { preprocessing });
console.log(`the judge is right on ${percent(await accuracy(classifier, imageBatches(test, { size: 500 })))}`);
const drawnAgain: Classifier = (images) => classifier(generator.apply(encoder(images), { training: false }));
console.log(`and on ${percent(await accuracy(drawnAgain, imageBatches(test, { size: 500 })))} drawn by the generator`);

async function writeGenerator(folder: string): Promise<void> {
  const named = generator.variables.map((tensor, index) => ({ name: String(index), tensor }));
  const { data, specs } = await tf.io.encodeWeights(named);
  const largest = {
    classes: await largestOutputs(digits.classifier, imagesOnly(train, { size: 500 })),
    hidden: await largestOutputs(units, imagesOnly(train, { size: 500 })),
  };
  const plain = { lower: [...bounds.lower], upper: [...bounds.upper] };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'weights.bin'), new Uint8Array(data));
  const description = { architecture, codeBounds: plain, largest, weights: specs };
  await writeFile(join(folder, 'generator.json'), JSON.stringify(description));
}

/** The largest value of each column of a network's output over a data set. */
async function largestOutputs(model: Classifier, batches: Iterable<Tensor4D>): Promise<number[]> {
  let largest: number[] = [];
  for (const images of batches) {
    const maxima = tf.tidy(() => tf.max(model(images), 0));
    largest = [...(await maxima.data())].map((value, unit) => Math.max(value, largest[unit] ?? value));
    maxima.dispose();
  }
  return largest;
}

function imagesOnly(set: ImageSet, options: ImageBatchesOptions): Iterable<Tensor4D> {
  return {
    *[Symbol.iterator]() {
      for (const { images } of imageBatches(set, options)) yield images;
    },
  };
}

function withNumbersLeftOut({ variables, apply }: TrainableGenerator): TrainableGenerator {
  const random = createRandom(seed);
  return {
    variables,
    apply: (codes, { training }) =>
      tf.tidy(() => apply(dropout(codes, { rate: leftOut, seed: random.integer(2 ** 32), training }), { training })),
  };
}

function rootMeanSquare({ mean, deviation }: CodeBounds): number {
  return Math.sqrt(mean.reduce((sum, value, unit) => sum + value ** 2 + deviation[unit]! ** 2, 0) / mean.length);
}

function stridedConvolutions(): tfl.LayersModel {
  const shared = { activation: 'relu', kernelInitializer: 'zeros' } as const;
  const strided = { ...shared, kernelSize: 5, strides: 2, padding: 'same' } as const;
  const model = tfl.sequential({
    name: 'judge',
    layers: [
      tfl.layers.conv2d({ inputShape: [...train.shape], filters: 12, ...strided }),
      tfl.layers.conv2d({ filters: 24, ...strided }),
      tfl.layers.flatten(),
      tfl.layers.dense({ units: 48, ...shared }),
      tfl.layers.dense({ units: train.classes.length, kernelInitializer: 'zeros' }),
    ],
  });
  initializeKernels(model, { seed: seed + 1, scheme: 'he-normal' });
  return model;
}

/** Each image moved by up to two pixels. */
function shifted(batches: Iterable<LabeledImages>, ofSeed: number): Iterable<LabeledImages> {
  const crop = randomCrop({ size: [28, 28], padding: 2 });
  return {
    *[Symbol.iterator]() {
      const random = createRandom(ofSeed);
      for (const { images, labels } of batches) {
        const moved = crop(images, { seed: random.integer(2 ** 32) });
        try {
          yield { images: moved, labels };
        } finally {
          moved.dispose();
        }
      }
    },
  };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
