import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { floorToFloat32 } from './floor-to-float32.ts';
import { perImage, worstRounding } from './step-direction.ts';

/**
 * The point nearest to each image's perturbation, in Euclidean distance, among those whose absolute values add up to
 * `epsilon` or less: every value drawn towards 0 by the one amount that leaves `epsilon`, the small ones to 0 itself.
 *
 * The sum never exceeds `epsilon`, whatever is lost to rounding. An image with NaN becomes NaN. The amount is searched for
 * on the host: on a backend it takes dozens of passes over the values, here about one.
 *
 * @param perturbation `[n, h, w, c]`.
 * @param epsilon >= 0.
 * @see Condat, "Fast Projection onto the Simplex and the l1 Ball", Mathematical Programming 2016, for the search.
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
 * On the way through the values θ of those so far rises, and a value below it is passed over. What was above an early θ
 * is looked at again.
 *
 * @param room For as many values.
 */
function thresholdOf(values: Float32Array, radius: number, room: Float32Array): number {
  const size = values.length;
  let total = 0;
  let above = 0;
  let aside = size;
  let threshold = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < size; index++) {
    const value = Math.abs(values[index]!);
    total += value;
    if (value <= threshold) continue;
    threshold = above === 0 ? value - radius : threshold + (value - threshold) / (above + 1);
    if (threshold <= value - radius) {
      // Of the values so far this one alone is above its θ. The others wait at the end of the room.
      while (above > 0) room[--aside] = room[--above]!;
      threshold = value - radius;
    }
    room[above++] = value;
  }
  if (total <= radius) return 0;
  if (!Number.isFinite(total)) return Number.NaN;
  for (let index = aside; index < size; index++) {
    const value = room[index]!;
    if (value > threshold) room[above++] = value;
  }
  for (let before = Infinity; above < before; ) {
    before = above;
    let sum = 0;
    for (let index = 0; index < before; index++) sum += room[index]!;
    threshold = (sum - radius) / before;
    above = 0;
    for (let index = 0; index < before; index++) {
      const value = room[index]!;
      if (value > threshold) room[above++] = value;
    }
    // With a radius of 0 nothing is above the largest value.
    if (above === 0) break;
  }
  return threshold;
}
