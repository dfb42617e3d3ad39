import { checker } from '@cnnviz/internal';
import * as tfl from '@tensorflow/tfjs-layers';
import { initializeKernels } from './initialize-kernels.ts';
import { checkNetwork, type NetworkOptions } from './network-options.ts';

interface LenetOptions extends NetworkOptions {
  /** Filters of both convolutions, and units of the layer above them. Default: Caffe's, [20, 50, 500]. */
  widths?: readonly [conv1: number, conv2: number, fc1: number];
}

/**
 * LeNet-5 in the form that Caffe ships and that "Deep Neural Networks are Easily Fooled" evolves images for: 20 filters
 * 5x5, max-pool 2, 50 filters 5x5, max-pool 2, 500 units with ReLU, logits. The convolutions themselves are linear.
 * 431,080 parameters on 28x28x1, unless `widths` say otherwise.
 *
 * Kernels as in Caffe: uniform, variance 1 / inputs of a unit.
 *
 * @param options.inputShape Default: `[28, 28, 1]`.
 * @returns Images `[n, h, w, c]` to logits `[n, classes]`. The caller disposes.
 * @see LeCun, Bottou, Bengio, Haffner, "Gradient-Based Learning Applied to Document Recognition", 1998.
 */
export function lenet(options: LenetOptions): tfl.LayersModel {
  const { seed, inputShape, classes } = checkNetwork('lenet', options, [28, 28, 1]);
  // What two 5x5 convolutions and two poolings leave a pixel of.
  if (inputShape[0] < 16 || inputShape[1] < 16) {
    const check = checker('@cnnviz/example-support', 'lenet');
    check.fail('range', 'inputShape', 'at least [16, 16, channels]', inputShape);
  }
  const [conv1, conv2, fc1] = options.widths ?? [20, 50, 500];
  const kernelInitializer = 'zeros';
  const model = tfl.sequential({
    name: 'lenet',
    layers: [
      tfl.layers.conv2d({ name: 'conv1', inputShape, filters: conv1, kernelSize: 5, kernelInitializer }),
      tfl.layers.maxPooling2d({ name: 'pool1', poolSize: 2, strides: 2 }),
      tfl.layers.conv2d({ name: 'conv2', filters: conv2, kernelSize: 5, kernelInitializer }),
      tfl.layers.maxPooling2d({ name: 'pool2', poolSize: 2, strides: 2 }),
      tfl.layers.flatten({ name: 'flatten' }),
      tfl.layers.dense({ name: 'fc1', units: fc1, activation: 'relu', kernelInitializer }),
      tfl.layers.dense({ name: 'logits', units: classes, kernelInitializer }),
    ],
  });
  initializeKernels(model, { seed, scheme: 'lecun-uniform' });
  return model;
}
