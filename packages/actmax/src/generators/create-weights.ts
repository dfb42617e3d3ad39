import { createRandom } from '@cnnviz/internal';
import type { Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Makes the initial weights of a network, one after the other.
 *
 * @param slope Of the leaky ReLU that follows: kernels are normal of variance 2 / (inputs (1 + slope²)).
 * @see He, Zhang, Ren, Sun, "Delving Deep into Rectifiers", ICCV 2015, https://arxiv.org/abs/1502.01852.
 */
export function createWeights(seed: number, slope: number) {
  const random = createRandom(seed);
  return {
    kernel(shape: number[], inputs: number): Variable {
      const values = new Float32Array(tf.util.sizeFromShape(shape));
      random.fillNormal(values, 0, Math.sqrt(2 / (inputs * (1 + slope ** 2))));
      return tf.tidy(() => tf.variable(tf.tensor(values, shape)));
    },
    bias: (units: number): Variable => tf.tidy(() => tf.variable(tf.zeros([units]))),
  };
}
