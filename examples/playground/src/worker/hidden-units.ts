import type { Classifier } from '@cnnviz/internal';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

/**
 * Images to the hidden units of the digit network, `[n, 64]`, before their ReLU: a unit that does not fire has a gradient
 * there, and none after it.
 */
export function hiddenUnits(model: tfl.LayersModel): Classifier {
  const before = tfl.model({ inputs: model.inputs, outputs: model.getLayer('flatten').output });
  const [kernel, bias] = model.getLayer('fc1').getWeights();
  return (images) =>
    tf.tidy(() => {
      const inputs = before.apply(images, { training: false }) as Tensor2D;
      return tf.add(tf.matMul(inputs, kernel as Tensor2D), bias!) as Tensor2D;
    });
}
