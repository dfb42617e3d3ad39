import { multilayerPerceptron } from '@cnnviz/example-support';
import { dropout, type TrainableModel } from '@cnnviz/regularizers';
import type { Tensor, Tensor2D, Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

export interface NetworkRequest {
  shape: readonly [height: number, width: number, channels: number];
  classes: number;
  /** Hidden units of each of the two layers. */
  units: number;
  /** Rate of dropout after each hidden layer. */
  dropout: number;
  seed: number;
}

/** The paper's network for MNIST, narrower: two hidden layers with ReLU. */
export function createNetwork(request: NetworkRequest): TrainableModel & { dispose: () => void } {
  const { shape, classes, units, seed: initialSeed, dropout: rate } = request;
  const network = multilayerPerceptron({ hiddenLayers: 2, units, inputShape: shape, classes, seed: initialSeed });
  return {
    variables: network.trainableWeights.map((weight) => weight.read() as Variable),
    apply: (images, { training, seed = 0 }) =>
      tf.tidy(() => {
        let activations: Tensor = images;
        for (const [index, layer] of network.layers.entries()) {
          activations = layer.apply(activations) as Tensor;
          const isHidden = layer.name.startsWith('fc');
          if (isHidden) activations = dropout(activations, { rate, seed: seed + index, training });
        }
        return activations as Tensor2D;
      }),
    dispose: () => void network.dispose(),
  };
}
