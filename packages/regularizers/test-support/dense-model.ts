import { createRandom } from '@cnnviz/internal';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { dropout } from '../src/dropout/dropout.ts';
import type { TrainableModel } from '../src/training/train-options.ts';

/** Flatten, dense with ReLU, dropout, dense: small enough for the cpu backend. */
export function denseModel({ inputs = 16, hidden = 12, classes = 3, rate = 0, seed = 0 } = {}): TrainableModel {
  const random = createRandom(seed);
  const weights = (rows: number, columns: number) =>
    tf.tidy(() => {
      const values = random.fillNormal(new Float32Array(rows * columns), 0, Math.sqrt(2 / rows));
      return tf.variable(tf.tensor2d(values, [rows, columns]));
    });
  const zeros = (size: number) => tf.tidy(() => tf.variable(tf.zeros([size])));
  const [first, second] = [weights(inputs, hidden), weights(hidden, classes)];
  const [firstBias, secondBias] = [zeros(hidden), zeros(classes)];
  return {
    variables: [first, firstBias, second, secondBias],
    apply: (images: Tensor4D, { training, seed: stepSeed = 0 }) =>
      tf.tidy(() => {
        const flat = tf.reshape(images, [images.shape[0], inputs]);
        const fired = tf.relu(tf.add(tf.matMul(flat, first), firstBias));
        const dropped = rate === 0 ? fired : dropout(fired, { rate, seed: stepSeed, training });
        return tf.add(tf.matMul(dropped as Tensor2D, second), secondBias) as Tensor2D;
      }),
  };
}

/** Three classes, each a pattern of 4x4 pixels with noise on it. */
export function patternExamples(count: number, seed = 0): { images: Tensor4D; labels: Tensor1D } {
  const random = createRandom(seed);
  const pattern = (label: number, pixel: number) => (pixel % 3 === label ? 1 : 0);
  const labels = Int32Array.from({ length: count }, (_, index) => index % 3);
  const pixels = Float32Array.from(
    { length: count * 16 },
    (_, index) => pattern(labels[Math.floor(index / 16)]!, index % 16) + 0.3 * random.normal(),
  );
  return { images: tf.tensor4d(pixels, [count, 4, 4, 1]), labels: tf.tensor1d(labels, 'int32') };
}
