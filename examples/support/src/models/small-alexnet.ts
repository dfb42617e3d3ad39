import * as tfl from '@tensorflow/tfjs-layers';
import { initializeKernels } from './initialize-kernels.ts';
import { LocalResponseNormalization } from './local-response-normalization.ts';
import { checkNetwork, type NetworkOptions } from './network-options.ts';

/**
 * The small AlexNet of Zhang et al.: twice 5x5 convolution with ReLU, max-pool 3 with stride 2 and local response
 * normalization; then 384 and 192 units with ReLU, logits. 1,387,786 parameters on 28x28x3, which fixes 64 filters a
 * convolution.
 *
 * The paper gives no constants for the normalization: these are those of TensorFlow's CIFAR-10 tutorial, whose layer
 * sizes it shares. Kernels are He-normal; the paper does not say which it took.
 *
 * @param options.inputShape Default: `[28, 28, 3]`.
 * @returns Images `[n, h, w, c]` to logits `[n, classes]`. The caller disposes.
 * @see Zhang, Bengio, Hardt, Recht, Vinyals, "Understanding deep learning requires rethinking generalization", ICLR 2017.
 */
export function smallAlexNet(options: NetworkOptions): tfl.LayersModel {
  const { seed, inputShape, classes } = checkNetwork('smallAlexNet', options, [28, 28, 3]);
  const kernelInitializer = 'zeros';
  const convolution = { filters: 64, kernelSize: 5, padding: 'same', activation: 'relu', kernelInitializer } as const;
  const pool = { poolSize: 3, strides: 2, padding: 'same' } as const;
  const normalization = { depthRadius: 4, bias: 1, alpha: 0.001 / 9, beta: 0.75 };
  const dense = { activation: 'relu', kernelInitializer } as const;
  const model = tfl.sequential({
    name: 'small_alexnet',
    layers: [
      tfl.layers.conv2d({ name: 'conv1', inputShape, ...convolution }),
      tfl.layers.maxPooling2d({ name: 'pool1', ...pool }),
      new LocalResponseNormalization({ name: 'norm1', ...normalization }),
      tfl.layers.conv2d({ name: 'conv2', ...convolution }),
      tfl.layers.maxPooling2d({ name: 'pool2', ...pool }),
      new LocalResponseNormalization({ name: 'norm2', ...normalization }),
      tfl.layers.flatten({ name: 'flatten' }),
      tfl.layers.dense({ name: 'fc1', units: 384, ...dense }),
      tfl.layers.dense({ name: 'fc2', units: 192, ...dense }),
      tfl.layers.dense({ name: 'logits', units: classes, kernelInitializer }),
    ],
  });
  initializeKernels(model, { seed, scheme: 'he-normal' });
  return model;
}
