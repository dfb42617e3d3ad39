import { type Batches, checker, createRandom, requireBatches } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { seedOfImage } from './randomize-pixels.ts';

export interface PixelStatistics {
  mean: number;
  /** Root of the variance, divided by the number of values. */
  deviation: number;
}

/**
 * Measures the mean and the standard deviation of all values of a data set, summed on the host in float64.
 *
 * @param batches Images `[n, h, w, c]`.
 * @returns `{ mean, deviation }`, which `gaussianPixels` takes: plain data.
 * @throws RangeError if there are no images.
 * @see Zhang et al., ICLR 2017, https://arxiv.org/abs/1611.03530, "Gaussian".
 *
 * @example
 * import { pixelStatistics } from '@cnnviz/regularizers';
 *
 * const { mean, deviation } = await pixelStatistics([images]);
 */
export async function pixelStatistics(batches: Batches<Tensor4D>): Promise<PixelStatistics> {
  const check = checker('@cnnviz/regularizers', 'pixelStatistics');
  let [count, mean, squares] = [0, 0, 0];
  for await (const images of requireBatches(check, 'batches', batches)) {
    const values = await check.images('images', images).data<'float32'>();
    // Welford: no difference of two large sums.
    for (let index = 0; index < values.length; index++) {
      const difference = values[index]! - mean;
      mean += difference / ++count;
      squares += difference * (values[index]! - mean);
    }
  }
  if (count === 0) check.fail('range', 'batches', 'at least one image', []);
  return { mean, deviation: Math.sqrt(squares / count) };
}

export interface GaussianPixelsOptions extends PixelStatistics {
  /** Default: 0. */
  seed?: number;
  /** Number of the first image within its data set, when that is made batch by batch. Default: 0. */
  first?: number;
}

/**
 * Makes images of independent Gaussian noise in place of others. With the statistics of a data set they have the mean
 * and variance of its values, and nothing else in common with it.
 *
 * @param images `[n, h, w, c]`: only their shape is used. They stay the caller's.
 * @returns `[n, h, w, c]`, not clipped. The caller disposes.
 * @throws RangeError if `deviation` is negative.
 * @see Zhang et al., ICLR 2017, https://arxiv.org/abs/1611.03530, "Gaussian".
 *
 * @example
 * import { gaussianPixels, pixelStatistics } from '@cnnviz/regularizers';
 *
 * const noise = gaussianPixels(images, { ...(await pixelStatistics([images])), seed: 0 });
 */
export function gaussianPixels(images: Tensor4D, options: GaussianPixelsOptions): Tensor4D {
  const check = checker('@cnnviz/regularizers', 'gaussianPixels');
  const { shape } = check.images('images', images);
  const mean = check.number('mean', check.options(options).mean);
  const deviation = check.number('deviation', options.deviation, { min: 0 });
  const first = check.number('first', options.first ?? 0, { integer: true, min: 0 });
  const { seed = 0 } = options;
  const seedOf = seedOfImage(check.seed('seed', seed), first);
  const size = shape[1] * shape[2] * shape[3];
  const values = new Float32Array(shape[0] * size);
  for (let image = 0; image < shape[0]; image++) {
    createRandom(seedOf(image)).fillNormal(values.subarray(image * size, (image + 1) * size), mean, deviation);
  }
  return tf.tensor4d(values, shape);
}
