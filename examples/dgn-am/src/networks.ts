import type { Encoder } from '@cnnviz/actmax';
import {
  accuracy,
  type DataSet,
  type ImageSet,
  imageBatches,
  initializeKernels,
  lenet,
  type Progress,
  trainModel,
} from '@cnnviz/example-support';
import { type Classifier, createRandom, type LabeledImages } from '@cnnviz/internal';
import { classifier, trainable } from '@cnnviz/models';
import { randomCrop } from '@cnnviz/regularizers';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

export interface Network {
  classifier: Classifier;
  /** The outputs of a layer of units. */
  layer(name: string): Encoder;
  testAccuracy: number;
  dispose(): void;
}

export interface Networks {
  /** Whose features the generator learns to invert: LeNet, layer `fc1`. */
  encoder: Network;
  /** Whose classes and hidden units are drawn: `fc1` before, `relu1` after the ReLU. */
  studied: Network;
  /** Who says what the drawings show: another kind of network, which has learned from other images. */
  judge: Network;
}

interface NetworksRequest {
  /** What the encoder and the network under study learn from, and what all three are tested on. */
  data: DataSet;
  /** What the judge learns from: other images. */
  ofJudge: ImageSet;
  epochs: number;
  judgeEpochs: number;
  seed: number;
  progress: Progress;
}

/** Three networks of different architecture and seed, of which the judge has seen none of the images of the others. */
export async function trainNetworks(request: NetworksRequest): Promise<Networks> {
  const { data, ofJudge, epochs, judgeEpochs, seed, progress } = request;
  const { train, test } = data;
  const options = { inputShape: train.shape, classes: train.classes.length };
  const learn = (name: string, model: tfl.LayersModel, ownSeed: number) =>
    trainNetwork(name, model, {
      batches: (epoch) => imageBatches(train, { size: 64, seed: ownSeed, epoch }),
      learningRate: (epoch) => 0.04 * 0.5 ** epoch,
      images: train.labels.length,
      epochs,
      test,
      progress,
    });
  return {
    encoder: await learn('the encoder, LeNet', lenet({ ...options, seed }), seed),
    studied: await learn('the network under study', smallVgg({ ...options, seed: seed + 1 }), seed + 1),
    judge: await learnJudge({ train: ofJudge, test }, { epochs: judgeEpochs, seed: seed + 2, progress }),
  };
}

/** A network of strided convolutions, that learns from images at shifted places. */
export async function learnJudge(
  { train, test }: DataSet,
  { epochs, seed, progress }: { epochs: number; seed: number; progress: Progress },
): Promise<Network> {
  const model = stridedConvolutions({ seed, inputShape: train.shape, classes: train.classes.length });
  return trainNetwork('the judge', model, {
    batches: (epoch) => shifted(imageBatches(train, { size: 64, seed, epoch }), train, seed + epoch),
    learningRate: (epoch) => 0.04 * 0.7 ** epoch,
    images: train.labels.length,
    epochs,
    test,
    progress,
  });
}

interface TrainingRequest {
  batches: (epoch: number) => Iterable<LabeledImages>;
  learningRate: (epoch: number) => number;
  /** Of an epoch. */
  images: number;
  epochs: number;
  test: ImageSet;
  progress: Progress;
}

async function trainNetwork(
  name: string,
  model: tfl.LayersModel,
  { batches, learningRate, images: ofEpoch, epochs, test, progress }: TrainingRequest,
): Promise<Network> {
  await progress.stage(name, epochs * ofEpoch, (update) =>
    trainModel(trainable(model), batches, {
      epochs,
      learningRate,
      onProgress: (progress) => update(progress, `${(100 * progress.accuracy).toFixed(1)} % right`),
    }),
  );
  const classify = classifier(model);
  return {
    classifier: classify,
    layer: (hidden) => classifier(model, { output: hidden }),
    testAccuracy: await accuracy(classify, imageBatches(test, { size: 500 })),
    dispose: () => void model.dispose(),
  };
}

/** Two pairs of 3x3 convolutions with pooling between, 128 hidden units, logits. */
function smallVgg(options: { inputShape: readonly [number, number, number]; classes: number; seed: number }) {
  const kernelInitializer = 'zeros';
  const convolution = { kernelSize: 3, activation: 'relu', kernelInitializer } as const;
  const model = tfl.sequential({
    name: 'small_vgg',
    layers: [
      tfl.layers.conv2d({ name: 'conv1', inputShape: [...options.inputShape], filters: 16, ...convolution }),
      tfl.layers.conv2d({ name: 'conv2', filters: 16, ...convolution }),
      tfl.layers.maxPooling2d({ name: 'pool1', poolSize: 2, strides: 2 }),
      tfl.layers.conv2d({ name: 'conv3', filters: 32, ...convolution }),
      tfl.layers.maxPooling2d({ name: 'pool2', poolSize: 2, strides: 2 }),
      tfl.layers.flatten({ name: 'flatten' }),
      tfl.layers.dense({ name: 'fc1', units: 128, kernelInitializer }),
      tfl.layers.reLU({ name: 'relu1' }),
      tfl.layers.dense({ name: 'logits', units: options.classes, kernelInitializer }),
    ],
  });
  initializeKernels(model, { seed: options.seed, scheme: 'he-normal' });
  return model;
}

/** Convolutions of 5x5, 5x5 and 3x3, the first two of stride 2 in place of pooling, 128 hidden units, logits. */
function stridedConvolutions(options: {
  inputShape: readonly [number, number, number];
  classes: number;
  seed: number;
}) {
  const shared = { activation: 'relu', kernelInitializer: 'zeros' } as const;
  const same = { ...shared, padding: 'same' } as const;
  const model = tfl.sequential({
    name: 'strided_convolutions',
    layers: [
      tfl.layers.conv2d({ inputShape: [...options.inputShape], filters: 24, kernelSize: 5, strides: 2, ...same }),
      tfl.layers.conv2d({ filters: 48, kernelSize: 5, strides: 2, ...same }),
      tfl.layers.conv2d({ filters: 64, kernelSize: 3, ...same }),
      tfl.layers.flatten(),
      tfl.layers.dense({ units: 128, ...shared }),
      tfl.layers.dense({ units: options.classes, kernelInitializer: 'zeros' }),
    ],
  });
  initializeKernels(model, { seed: options.seed, scheme: 'he-normal' });
  return model;
}

/** Each image moved by up to two pixels. */
function shifted(batches: Iterable<LabeledImages>, { shape }: ImageSet, seed: number): Iterable<LabeledImages> {
  const crop = randomCrop({ size: [shape[0], shape[1]], padding: 2 });
  return {
    *[Symbol.iterator]() {
      const random = createRandom(seed);
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

/** The largest value of each column of a network's output over a data set. */
export async function largestOutputs(model: Encoder, batches: Iterable<Tensor4D>): Promise<Float32Array> {
  let largest: Float32Array | undefined;
  for (const images of batches) {
    const maxima = tf.tidy(() => tf.max(model(images), 0));
    const values = await maxima.data<'float32'>();
    largest = largest?.map((best, unit) => Math.max(best, values[unit]!)) ?? Float32Array.from(values);
    maxima.dispose();
  }
  return largest!;
}
