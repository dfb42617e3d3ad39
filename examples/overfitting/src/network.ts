import { multilayerPerceptron } from '@cnnviz/example-support';
import { dropout, type TrainableModel } from '@cnnviz/regularizers';
import type { Tensor, Tensor2D, Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

export interface NetworkRequest {
  shape: readonly [height: number, width: number, channels: number];
  classes: number;
  seed: number;
  dropout?: number;
}

/** Pixels, 128 hidden units with ReLU and perhaps dropout, logits. */
export function createNetwork(request: NetworkRequest): TrainableModel & { dispose: () => void } {
  const { shape, classes, dropout: rate = 0 } = request;
  const layersModel = multilayerPerceptron({
    hiddenLayers: 1,
    units: 128,
    inputShape: shape,
    classes,
    seed: request.seed,
  });
  return {
    variables: layersModel.trainableWeights.map((weight) => weight.read() as Variable),
    apply: (images, { training, seed = 0 }) =>
      tf.tidy(() => {
        let activations: Tensor = images;
        for (const layer of layersModel.layers) {
          activations = layer.apply(activations) as Tensor;
          const isHidden = layer.name.startsWith('fc');
          if (isHidden && rate > 0) activations = dropout(activations, { rate, seed, training });
        }
        return activations as Tensor2D;
      }),
    dispose: () => void layersModel.dispose(),
  };
}
