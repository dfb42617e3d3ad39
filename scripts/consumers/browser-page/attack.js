import { pgd } from '@cnnviz/adversarial';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

/** The same numbers everywhere, in [-1, 1]. */
const numbers = (shape, step) => tf.reshape(tf.sin(tf.mul(tf.range(0, tf.util.sizeFromShape(shape)), step)), shape);

/**
 * Attacks a small LayersModel whose max-pooling has a wrong gradient on the stock wasm backend.
 *
 * @returns How far each number of the images was moved.
 */
export async function attack() {
  const model = tfl.sequential({
    layers: [
      tfl.layers.conv2d({ inputShape: [16, 16, 3], filters: 8, kernelSize: 3, padding: 'same' }),
      tfl.layers.maxPooling2d({ poolSize: 2 }),
      tfl.layers.conv2d({ filters: 16, kernelSize: 3, activation: 'relu' }),
      tfl.layers.maxPooling2d({ poolSize: 2 }),
      tfl.layers.flatten(),
      tfl.layers.dense({ units: 10 }),
    ],
  });
  model.setWeights(model.getWeights().map((weight, index) => tf.mul(numbers(weight.shape, 1.7 + index), 0.2)));
  const images = tf.add(tf.mul(numbers([4, 16, 16, 3], 0.9), 0.5), 0.5);
  const labels = tf.tensor1d([0, 1, 2, 3], 'int32');
  const settings = { epsilon: 1, bounds: [0, 1], norm: 'l2', steps: 5, seed: 1 };
  const { images: adversarial } = await pgd((x) => model.apply(x), images, labels, settings);
  return [...(await tf.sub(adversarial, images).data())];
}
