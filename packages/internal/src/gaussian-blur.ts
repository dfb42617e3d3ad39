import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Gaussian blur of each channel. Conventions are those of scipy's `gaussian_filter`: the kernel ends at 4 sigma, and
 * beyond the border the image is reflected, its outermost pixels repeated.
 *
 * A blur is a product with one matrix for the rows and one for the columns, reflection included.
 *
 * @param images `[n, h, w, c]`.
 * @param sigma Standard deviation in pixels, > 0.
 */
export function gaussianBlur(images: Tensor4D, sigma: number): Tensor4D {
  const [, height, width] = images.shape;
  return tf.tidy(() => {
    const alongLast = (values: Tensor, size: number) => {
      const rows = tf.reshape(values, [values.size / size, size]) as Tensor2D;
      return tf.reshape(tf.matMul(rows, blurMatrix(size, sigma)), values.shape);
    };
    const downwards = alongLast(tf.transpose(images, [0, 3, 2, 1]), height);
    return tf.transpose(alongLast(tf.transpose(downwards, [0, 1, 3, 2]), width), [0, 2, 3, 1]) as Tensor4D;
  });
}

/** `[size, size]`: column i holds the share that each pixel has in pixel i of the blurred line. */
function blurMatrix(size: number, sigma: number): Tensor2D {
  const radius = Math.floor(4 * sigma + 0.5);
  const weights = Array.from({ length: 2 * radius + 1 }, (_, index) =>
    Math.exp(-0.5 * ((index - radius) / sigma) ** 2),
  );
  const total = weights.reduce((sum, weight) => sum + weight);
  const matrix = new Float32Array(size * size);
  for (let pixel = 0; pixel < size; pixel++) {
    for (const [index, weight] of weights.entries()) {
      matrix[reflect(pixel + index - radius, size) * size + pixel]! += weight / total;
    }
  }
  return tf.tensor2d(matrix, [size, size]);
}

/** … c b a | a b c | c b a … */
function reflect(position: number, size: number): number {
  const inPeriod = ((position % (2 * size)) + 2 * size) % (2 * size);
  return Math.min(inPeriod, 2 * size - 1 - inPeriod);
}
