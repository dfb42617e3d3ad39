import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';

export interface Subject {
  name: string;
  /** [n, h, w, c] */
  images: [number, number, number, number];
  classes: number;
  build(): Promise<layers.LayersModel>;
  /** Without a training step: VGG-16 at 224 is measured for its input gradient only. */
  trains: boolean;
  runs: number;
}

type Symbolic = layers.SymbolicTensor;

/** He-scaled uniform weights; normalization starts as the identity. */
function withSeededWeights(model: layers.LayersModel): layers.LayersModel {
  const random = createRandom(1);
  for (const weight of model.weights) {
    const size = tf.util.sizeFromShape(weight.shape as number[]);
    const fanIn = size / (weight.shape.at(-1) as number);
    const values = new Float32Array(size);
    if (weight.shape.length > 1) {
      const isDepthwise = weight.originalName.includes('depthwise_kernel');
      const bound = Math.sqrt(6 / (isDepthwise ? 9 : fanIn));
      random.fillUniform(values, -bound, bound);
    } else if (/gamma|variance/.test(weight.originalName)) {
      values.fill(1);
    }
    tf.tidy(() => weight.write(tf.tensor(values, weight.shape as number[])));
  }
  return model;
}

const zeros = { kernelInitializer: 'zeros' as const };

function vggLike(channels: number, size: number): layers.LayersModel {
  const conv = (filters: number) =>
    layers.layers.conv2d({ filters, kernelSize: 3, padding: 'same', activation: 'relu', ...zeros });
  const input = layers.input({ shape: [size, size, channels] });
  let x = conv(32).apply(input) as Symbolic;
  x = conv(32).apply(x) as Symbolic;
  x = layers.layers.maxPooling2d({ poolSize: 2 }).apply(x) as Symbolic;
  x = conv(64).apply(x) as Symbolic;
  x = conv(64).apply(x) as Symbolic;
  x = layers.layers.maxPooling2d({ poolSize: 2 }).apply(x) as Symbolic;
  x = layers.layers.flatten().apply(x) as Symbolic;
  x = layers.layers.dense({ units: 128, activation: 'relu', ...zeros }).apply(x) as Symbolic;
  x = layers.layers.dense({ units: 10, ...zeros }).apply(x) as Symbolic;
  return withSeededWeights(layers.model({ inputs: input, outputs: x }));
}

function vgg16(): layers.LayersModel {
  const input = layers.input({ shape: [224, 224, 3] });
  let x: Symbolic = input;
  for (const [repeats, filters] of [
    [2, 64],
    [2, 128],
    [3, 256],
    [3, 512],
    [3, 512],
  ] as const) {
    for (let i = 0; i < repeats; i++) {
      x = layers.layers
        .conv2d({ filters, kernelSize: 3, padding: 'same', activation: 'relu', ...zeros })
        .apply(x) as Symbolic;
    }
    x = layers.layers.maxPooling2d({ poolSize: 2 }).apply(x) as Symbolic;
  }
  x = layers.layers.flatten().apply(x) as Symbolic;
  x = layers.layers.dense({ units: 4096, activation: 'relu', ...zeros }).apply(x) as Symbolic;
  x = layers.layers.dense({ units: 4096, activation: 'relu', ...zeros }).apply(x) as Symbolic;
  x = layers.layers.dense({ units: 1000, ...zeros }).apply(x) as Symbolic;
  return withSeededWeights(layers.model({ inputs: input, outputs: x }));
}

/** The trained network where CNNVIZ_DATA has it, else the same layers with seeded weights. */
async function squeezeNet(): Promise<layers.LayersModel> {
  const data = process.env.CNNVIZ_DATA;
  if (data !== undefined) {
    const folder = join(data, 'models', 'squeezenet1.0-imagenet');
    const { modelTopology, weightsManifest } = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8'));
    const weights = await readFile(join(folder, 'weights.bin'));
    return layers.loadLayersModel({
      load: async () => ({
        modelTopology,
        weightSpecs: weightsManifest.flatMap((group: { weights: object[] }) => group.weights),
        weightData: weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.byteLength) as ArrayBuffer,
      }),
    });
  }
  const conv = (filters: number, kernelSize: number, strides = 1, padding: 'same' | 'valid' = 'same') =>
    layers.layers.conv2d({ filters, kernelSize, strides, padding, activation: 'relu', ...zeros });
  const pool = () => layers.layers.maxPooling2d({ poolSize: 3, strides: 2 });
  const fire = (from: Symbolic, squeeze: number, expand: number) => {
    const squeezed = conv(squeeze, 1).apply(from) as Symbolic;
    return layers.layers
      .concatenate()
      .apply([conv(expand, 1).apply(squeezed) as Symbolic, conv(expand, 3).apply(squeezed) as Symbolic]) as Symbolic;
  };
  const input = layers.input({ shape: [227, 227, 3] });
  let x = conv(96, 7, 2, 'valid').apply(input) as Symbolic;
  x = pool().apply(x) as Symbolic;
  x = fire(fire(fire(x, 16, 64), 16, 64), 32, 128);
  x = pool().apply(x) as Symbolic;
  x = fire(fire(fire(fire(x, 32, 128), 48, 192), 48, 192), 64, 256);
  x = pool().apply(x) as Symbolic;
  x = fire(x, 64, 256);
  x = conv(1000, 1).apply(x) as Symbolic;
  x = layers.layers.globalAveragePooling2d({}).apply(x) as Symbolic;
  x = layers.layers.softmax().apply(x) as Symbolic;
  return withSeededWeights(layers.model({ inputs: input, outputs: x }));
}

/** The first stages of MobileNetV2: inverted residuals with batch normalization and ReLU6. */
function mobileNetLike(): layers.LayersModel {
  const normalize = () => layers.layers.batchNormalization();
  const relu6 = () => layers.layers.reLU({ maxValue: 6 });
  const conv = (filters: number, kernelSize: number, strides: number) =>
    layers.layers.conv2d({ filters, kernelSize, strides, padding: 'same', useBias: false, ...zeros });
  const input = layers.input({ shape: [96, 96, 3] });
  let x = relu6().apply(normalize().apply(conv(32, 3, 2).apply(input))) as Symbolic;
  let channels = 32;
  for (const [expansion, filters, repeats, firstStride] of [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
  ] as const) {
    for (let i = 0; i < repeats; i++) {
      const strides = i === 0 ? firstStride : 1;
      let y = x;
      if (expansion > 1) y = relu6().apply(normalize().apply(conv(expansion * channels, 1, 1).apply(y))) as Symbolic;
      const depthwise = layers.layers.depthwiseConv2d({
        kernelSize: 3,
        strides,
        padding: 'same',
        useBias: false,
        depthwiseInitializer: 'zeros',
      });
      y = relu6().apply(normalize().apply(depthwise.apply(y))) as Symbolic;
      y = normalize().apply(conv(filters, 1, 1).apply(y)) as Symbolic;
      x = strides === 1 && channels === filters ? (layers.layers.add().apply([x, y]) as Symbolic) : y;
      channels = filters;
    }
  }
  x = layers.layers.globalAveragePooling2d({}).apply(x) as Symbolic;
  x = layers.layers.dense({ units: 10, ...zeros }).apply(x) as Symbolic;
  return withSeededWeights(layers.model({ inputs: input, outputs: x }));
}

export const subjects: Subject[] = [
  {
    name: 'VGG-like 28x28x1',
    images: [64, 28, 28, 1],
    classes: 10,
    build: async () => vggLike(1, 28),
    trains: true,
    runs: 15,
  },
  {
    name: 'VGG-like 32x32x3',
    images: [64, 32, 32, 3],
    classes: 10,
    build: async () => vggLike(3, 32),
    trains: true,
    runs: 15,
  },
  {
    name: 'SqueezeNet 1.0',
    images: [1, 227, 227, 3],
    classes: 1000,
    build: squeezeNet,
    trains: true,
    runs: 15,
  },
  {
    name: 'MobileNetV2-like',
    images: [8, 96, 96, 3],
    classes: 10,
    build: async () => mobileNetLike(),
    trains: true,
    runs: 15,
  },
  {
    name: 'MobileNetV2-like, 32 images',
    images: [32, 96, 96, 3],
    classes: 10,
    build: async () => mobileNetLike(),
    trains: true,
    runs: 15,
  },
  {
    name: 'VGG-16 at 224',
    images: [1, 224, 224, 3],
    classes: 1000,
    build: async () => vgg16(),
    trains: false,
    runs: 7,
  },
];
