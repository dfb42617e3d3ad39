import { multilayerPerceptron } from '@cnnviz/example-support';
import { dropout, type ModelRequest, type TrainableModel } from '@cnnviz/regularizers';
import type { Tensor, Tensor2D, Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** The paper's MLP, with dropout after each hidden layer where a run asks for it. */
export function createPerceptron(
  { shape, classes, dropout: rate, seed: initialSeed }: ModelRequest,
  hiddenLayers: number,
): TrainableModel & { dispose: () => void } {
  const network = multilayerPerceptron({ hiddenLayers, inputShape: shape, classes, seed: initialSeed });
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
