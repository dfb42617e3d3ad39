import { checker } from '@cnnviz/internal';
import * as tfl from '@tensorflow/tfjs-layers';
import { initializeKernels } from './initialize-kernels.ts';
import { checkNetwork, type NetworkOptions } from './network-options.ts';

export interface SmallInceptionOptions extends NetworkOptions {
  /** With batch normalization, or with biases in its place. Default: true. */
  batchNorm?: boolean;
}

/**
 * The small Inception of Zhang et al., with batch normalization and without. 1,649,402 parameters on 28x28x3 either way:
 * batch normalization has an offset that is trained and no scale, and takes the place of the bias.
 *
 * Kernels are He-normal; the paper does not say which it took.
 *
 * @param options.inputShape Default: `[28, 28, 3]`.
 * @returns Images `[n, h, w, c]` to logits `[n, classes]`. The caller disposes.
 * @see Zhang, Bengio, Hardt, Recht, Vinyals, "Understanding deep learning requires rethinking generalization", ICLR 2017,
 * figure 3.
 */
export function smallInception(options: SmallInceptionOptions): tfl.LayersModel {
  const { seed, inputShape, classes } = checkNetwork('smallInception', options, [28, 28, 3]);
  const check = checker('@cnnviz/example-support', 'smallInception');
  const batchNorm = check.boolean('batchNorm', options.batchNorm ?? true);

  const convolution = (input: tfl.SymbolicTensor, name: string, filters: number, kernelSize: number, strides = 1) => {
    const linear = tfl.layers
      .conv2d({ name, filters, kernelSize, strides, padding: 'same', useBias: !batchNorm, kernelInitializer: 'zeros' })
      .apply(input);
    const normalized = batchNorm ? batchNormalizationWithoutScale(`${name}_bn`).apply(linear) : linear;
    return tfl.layers.reLU({ name: `${name}_relu` }).apply(normalized) as tfl.SymbolicTensor;
  };
  const concatenation = (name: string, inputs: tfl.SymbolicTensor[]) =>
    tfl.layers.concatenate({ name }).apply(inputs) as tfl.SymbolicTensor;
  const inception = (input: tfl.SymbolicTensor, name: string, filters1x1: number, filters3x3: number) =>
    concatenation(name, [
      convolution(input, `${name}_1x1`, filters1x1, 1),
      convolution(input, `${name}_3x3`, filters3x3, 3),
    ]);
  const downsampling = (input: tfl.SymbolicTensor, name: string, filters: number) => {
    const pool = tfl.layers.maxPooling2d({ name: `${name}_pool`, poolSize: 3, strides: 2, padding: 'same' });
    return concatenation(name, [
      convolution(input, `${name}_3x3`, filters, 3, 2),
      pool.apply(input) as tfl.SymbolicTensor,
    ]);
  };

  const image = tfl.input({ name: 'image', shape: inputShape });
  let features = convolution(image, 'conv1', 96, 3);
  features = inception(features, 'inception1', 32, 32);
  features = inception(features, 'inception2', 32, 48);
  features = downsampling(features, 'down1', 80);
  features = inception(features, 'inception3', 112, 48);
  features = inception(features, 'inception4', 96, 64);
  features = inception(features, 'inception5', 80, 80);
  features = inception(features, 'inception6', 48, 96);
  features = downsampling(features, 'down2', 96);
  features = inception(features, 'inception7', 176, 160);
  features = inception(features, 'inception8', 176, 160);
  const mean = tfl.layers.globalAveragePooling2d({ name: 'mean' }).apply(features);
  const logits = tfl.layers.dense({ name: 'logits', units: classes, kernelInitializer: 'zeros' }).apply(mean);

  const model = tfl.model({
    name: batchNorm ? 'small_inception' : 'small_inception_without_bn',
    inputs: image,
    outputs: logits as tfl.SymbolicTensor,
  });
  initializeKernels(model, { seed, scheme: 'he-normal' });
  return model;
}

/** `scale: false` fails in training (tfjs-layers 4.22), so the scale is there, is one, and is not trained. */
function batchNormalizationWithoutScale(name: string): tfl.layers.Layer {
  const layer = tfl.layers.batchNormalization({ name });
  const build = layer.build.bind(layer);
  layer.build = (inputShape) => {
    build(inputShape);
    for (const weight of layer.trainableWeights) {
      if (weight.originalName.endsWith('gamma')) weight.trainable = false;
    }
  };
  return layer;
}
