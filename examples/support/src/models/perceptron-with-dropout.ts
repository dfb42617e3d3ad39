import { dropout, type TrainableModel } from '@cnnviz/regularizers';
import type { Tensor, Tensor2D, Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type MultilayerPerceptronOptions, multilayerPerceptron } from './multilayer-perceptron.ts';

/** `multilayerPerceptron` with dropout of a given rate after each hidden layer, in training. */
export function perceptronWithDropout({
  dropout: rate,
  ...options
}: MultilayerPerceptronOptions & { dropout: number }): TrainableModel & { dispose: () => void } {
  const network = multilayerPerceptron(options);
  return {
    variables: network.trainableWeights.map((weight) => weight.read() as Variable),
    apply: (images, { training, seed = 0 }) =>
      tf.tidy(() => {
        let activations: Tensor = images;
        for (const [index, layer] of network.layers.entries()) {
          activations = layer.apply(activations) as Tensor;
          const isHidden = layer.name.startsWith('fc');
          if (isHidden && rate > 0) activations = dropout(activations, { rate, seed: seed + index, training });
        }
        return activations as Tensor2D;
      }),
    dispose: () => void network.dispose(),
  };
}
