import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { floorToFloat32 } from './floor-to-float32.ts';
import { perImage, worstRounding } from './step-direction.ts';

/**
 * The point nearest to each image's perturbation, in Euclidean distance, among those whose absolute values add up to
 * `epsilon` or less: every value drawn towards 0 by the one amount that leaves `epsilon`, the small ones to 0 itself.
 *
 * The sum never exceeds `epsilon`, whatever is lost to rounding. An image with NaN becomes NaN. The amount is searched for
 * on the host: on a backend it takes dozens of passes over the values, here two to five.
 *
 * @param perturbation `[n, h, w, c]`.
 * @param epsilon >= 0.
 * @see Michelot, "A finite algorithm for finding the projection of a point onto the canonical simplex", Journal of
 *   Optimization Theory and Applications 50, 1986, for the search.
 */
export async function projectToL1Ball(perturbation: Tensor4D, epsilon: number): Promise<Tensor4D> {
  const radius = floorToFloat32(floorToFloat32(epsilon) * (1 - worstRounding(perturbation)));
  const values = await perturbation.data<'float32'>();
  const [count] = perturbation.shape;
  const size = values.length / count;
  const room = new Float32Array(size);
  const thresholds = Float32Array.from({ length: count }, (_, image) => {
    const threshold = thresholdOf(values.subarray(image * size, (image + 1) * size), radius, room);
    // Rounded up, for the sum not to be more.
    return -floorToFloat32(-threshold);
  });
  return tf.tidy(() => {
    const threshold = perImage(tf.tensor1d(thresholds));
    const above = tf.sub(perturbation, threshold);
    const below = tf.neg(tf.add(perturbation, threshold));
    const zeroOrNaN = tf.mul(above, 0);
    return tf.add<Tensor4D>(tf.sub(tf.relu(above), tf.relu(below)), zeroOrNaN);
  });
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
