import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { floorToFloat32 } from './floor-to-float32.ts';
import { worstRounding } from './step-direction.ts';

/**
 * The point nearest to each image's perturbation, in Euclidean distance, among those whose absolute values add up to
 * `epsilon` or less: every value drawn towards 0 by the one amount that leaves `epsilon`, the small ones to 0 itself.
 *
 * The sum never exceeds `epsilon`, whatever is lost to rounding. An image with NaN becomes NaN. All on the host: on a
 * backend the search for the amount takes dozens of passes over the values, here two to five.
 *
 * @param perturbation `[n, h, w, c]`; disposed, since its values may be overwritten.
 * @param epsilon >= 0.
 * @param shortenBy By how much nearer to 0 than that each value is drawn. Default: 0.
 * @see Michelot, "A finite algorithm for finding the projection of a point onto the canonical simplex", Journal of
 *   Optimization Theory and Applications 50, 1986, https://doi.org/10.1007/BF00938486, for the search.
 */
export async function projectToL1Ball(perturbation: Tensor4D, epsilon: number, shortenBy = 0): Promise<Tensor4D> {
  const { shape } = perturbation;
  const radius = floorToFloat32(floorToFloat32(epsilon) * (1 - worstRounding(perturbation)));
  let values: Float32Array;
  try {
    values = await perturbation.data<'float32'>();
  } finally {
    perturbation.dispose();
  }
  const size = values.length / shape[0];
  const room = new Float32Array(size);
  for (let image = 0; image < shape[0]; image++) {
    const own = values.subarray(image * size, (image + 1) * size);
    // Rounded up, for the sum not to be more.
    drawTowardsZero(own, -floorToFloat32(-thresholdOf(own, radius, room) - shortenBy));
  }
  return tf.tensor4d(values, shape);
}

/** Brings each value nearer to 0 by a float32 threshold, or to 0. What is cut off of it is (|value + θ| - |value - θ|) / 2. */
function drawTowardsZero(values: Float32Array, threshold: number): void {
  // Of what is smaller than this a double loses digits beside the threshold.
  const tiny = threshold * 2 ** -26;
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    const cut = (Math.abs(value + threshold) - Math.abs(value - threshold)) / 2;
    values[index] = Math.abs(value) < tiny ? 0 : value - cut;
  }
}

/**
 * The θ >= 0 for which Σ max(|value| - θ, 0) = radius; 0 if the absolute values add up to less, NaN if they do not add up.
 *
 * Each pass takes the θ that would be right if all values that are left stayed above it, and drops those below. It starts
 * with the average of what is too much, so that few passes are needed where a step has led a little out of the ball.
 *
 * @param room For as many values.
 */
function thresholdOf(values: Float32Array, radius: number, room: Float32Array): number {
  let total = 0;
  for (let index = 0; index < values.length; index++) total += Math.abs(values[index]!);
  if (total <= radius) return 0;
  if (!Number.isFinite(total)) return Number.NaN;
  let left = values;
  let count = values.length;
  let threshold = (total - radius) / count;
  for (;;) {
    let above = 0;
    let sum = 0;
    // Without branches, which nothing could foresee.
    for (let index = 0; index < count; index++) {
      const value = Math.abs(left[index]!);
      const isAbove = value > threshold ? 1 : 0;
      room[above] = value;
      above += isAbove;
      sum += isAbove * value;
    }
    // With a radius of 0 nothing is above the largest value.
    if (above === 0 || above === count) return threshold;
    threshold = (sum - radius) / above;
    left = room;
    count = above;
  }
}
