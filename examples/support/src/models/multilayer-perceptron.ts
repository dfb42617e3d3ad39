import { checker } from '@cnnviz/internal';
import * as tfl from '@tensorflow/tfjs-layers';
import { initializeKernels } from './initialize-kernels.ts';
import { checkNetwork, type NetworkOptions } from './network-options.ts';

export interface MultilayerPerceptronOptions extends NetworkOptions {
  /** Hidden layers. Zhang et al. have 1 and 3. */
  hiddenLayers: number;
  /** Units of each. Default: 512. */
  units?: number;
}

/**
 * The MLP k×512 of Zhang et al.: hidden layers with ReLU. On 28x28x3, 1,209,866 parameters with one of them and
 * 1,735,178 with three.
 *
 * Kernels are He-normal; the paper does not say which it took.
 *
 * @param options.inputShape Default: `[28, 28, 3]`.
 * @returns Images `[n, h, w, c]` to logits `[n, classes]`. The caller disposes.
 * @see Zhang, Bengio, Hardt, Recht, Vinyals, "Understanding deep learning requires rethinking generalization", ICLR 2017.
 */
export function multilayerPerceptron(options: MultilayerPerceptronOptions): tfl.LayersModel {
  const { seed, inputShape, classes } = checkNetwork('multilayerPerceptron', options, [28, 28, 3]);
  const check = checker('@cnnviz/example-support', 'multilayerPerceptron');
  const hiddenLayers = check.number('hiddenLayers', options.hiddenLayers, { integer: true, min: 1 });
  const units = check.number('units', options.units ?? 512, { integer: true, min: 1 });
  const kernelInitializer = 'zeros';
  const model = tfl.sequential({ name: `mlp_${hiddenLayers}x${units}` });
  model.add(tfl.layers.flatten({ name: 'flatten', inputShape }));
  for (let layer = 1; layer <= hiddenLayers; layer++) {
    model.add(tfl.layers.dense({ name: `fc${layer}`, units, activation: 'relu', kernelInitializer }));
  }
  model.add(tfl.layers.dense({ name: 'logits', units: classes, kernelInitializer }));
  initializeKernels(model, { seed, scheme: 'he-normal' });
  return model;
}
