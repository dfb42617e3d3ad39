import type { Encoder } from '@cnnviz/actmax';
import {
  accuracy,
  type DataSet,
  imageBatches,
  initializeKernels,
  lenet,
  multilayerPerceptron,
  type Progress,
  trainable,
  trainModel,
} from '@cnnviz/example-support';
import type { Classifier } from '@cnnviz/internal';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

interface Network {
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
  /** Who says what the drawings show. */
  judge: Network;
}

interface NetworkRequest {
  data: DataSet;
  epochs: number;
  seed: number;
  progress: Progress;
}

/** Three networks of different architecture and seed, trained on the same images. */
export async function trainNetworks(request: NetworkRequest): Promise<Networks> {
  const { shape, classes } = request.data.train;
  const options = { inputShape: shape, classes: classes.length };
  const { seed } = request;
  const learn = async (name: string, model: tfl.LayersModel, ownSeed: number) =>
    trainNetwork(name, model, { ...request, seed: ownSeed });
  return {
    encoder: await learn('the encoder, LeNet', lenet({ ...options, seed }), seed),
    studied: await learn('the network under study', smallVgg({ ...options, seed: seed + 1 }), seed + 1),
    judge: await learn('the judge', multilayerPerceptron({ ...options, seed: seed + 2, hiddenLayers: 2 }), seed + 2),
  };
}

async function trainNetwork(
  name: string,
  model: tfl.LayersModel,
  { data: { train, test }, epochs, seed, progress }: NetworkRequest,
): Promise<Network> {
  await progress.stage(name, epochs * train.labels.length, (update) =>
    trainModel(trainable(model), (epoch) => imageBatches(train, { size: 64, seed, epoch }), {
      epochs,
      learningRate: (epoch) => 0.04 * 0.5 ** epoch,
      onProgress: ({ images, accuracy: sofar }) => update(images, `${(100 * sofar).toFixed(1)} % right`),
    }),
  );
  const classifier = (images: Tensor4D) => model.apply(images, { training: false }) as Tensor2D;
  return {
    classifier,
    layer: (hidden) => {
      const upToLayer = tfl.model({ inputs: model.inputs, outputs: model.getLayer(hidden).output });
      return (images) => upToLayer.apply(images, { training: false }) as Tensor2D;
    },
    testAccuracy: await accuracy(classifier, imageBatches(test, { size: 500 })),
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
