/**
 * What the examples of docstrings take as given: they may use these names without declaring them. All is small, for images
 * of 28x28x1 and ten classes. Those of READMEs declare what they use.
 */
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { startBackend } from '../backends/start-backend.ts';
import { tinyCnn, tinyProbe, tinyTrainable } from '../tiny-cnn.ts';

await startBackend('wasm');

export { tf };

const network = { shape: [28, 28, 1], classes: 10 } as const;

/** Images `[n, 28, 28, 1]` to logits `[n, 10]`. */
export const model = tinyCnn(network);

/** Images `[n, 28, 28, 1]` to activations `[n, 14, 14, 6]`. */
export const probe = tinyProbe(network);

/** A model of the same shapes that can be trained, and its variables. */
export const trainable = tinyTrainable(network);
export const { variables } = trainable;

/** A model like it with weights of its own. */
export const createTrainable = ({ seed }: { seed: number }) => tinyTrainable({ ...network, seed });

/** `[4, 28, 28, 1]` in [0, 1]. */
export const images = tf.tidy(() => tf.div(tf.reshape(tf.range(0, 3136), [4, 28, 28, 1]), 3135)) as Tensor4D;

/** The class of each of `images`, `[4]`. */
export const labels: Tensor1D = tf.tensor1d([0, 1, 2, 9], 'int32');

/** A LayersModel of the same shapes, ending in logits. */
export const layersModel = tfl.sequential({
  layers: [
    tfl.layers.conv2d({ inputShape: [28, 28, 1], filters: 16, kernelSize: 5, activation: 'relu', name: 'conv1' }),
    tfl.layers.flatten(),
    tfl.layers.dense({ units: 10 }),
  ],
});

/** Weights of its first convolution, `[5, 5, 1, 16]`. */
export const filters = layersModel.getLayer('conv1').getWeights()[0] as Tensor4D;
