import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { floorToFloat32 } from './floor-to-float32.ts';
import { worstRounding } from './step-direction.ts';

/**
 * The point nearest to each image's perturbation, in Euclidean distance, among those whose absolute values add up to
 * `epsilon` or less: every value drawn towards 0 by the one amount that leaves `epsilon`, the small ones to 0 itself.
 *
 * The sum never exceeds `epsilon`, whatever is lost to rounding. An image with NaN becomes NaN. Computed on the host: on a
 * backend the search for that amount takes dozens of passes over the values, here about two.
 *
 * @param perturbation `[n, h, w, c]`.
 * @param epsilon >= 0.
 * @see Duchi, Shalev-Shwartz, Singer, Chandra, "Efficient Projections onto the l1-Ball", ICML 2008.
 */
export async function projectToL1Ball(perturbation: Tensor4D, epsilon: number): Promise<Tensor4D> {
  const radius = floorToFloat32(floorToFloat32(epsilon) * (1 - worstRounding(perturbation)));
  const values = (await perturbation.data<'float32'>()).slice();
  const [count] = perturbation.shape;
  const size = values.length / count;
  const above = new Float32Array(size);
  for (let image = 0; image < count; image++) {
    drawIn(values.subarray(image * size, (image + 1) * size), radius, above);
  }
  return tf.tensor4d(values, perturbation.shape);
}

/**
 * Replaces values by those nearest to them that have an absolute sum of `radius`, if theirs is larger.
 *
 * The amount θ >= 0 for which Σ max(|value| - θ, 0) = radius is found from below: as if all values were above it, then
 * with those alone that are above what this gave, until none falls away (Michelot 1986).
 *
 * @param above Room for as many values.
 */
function drawIn(values: Float32Array, radius: number, above: Float32Array): void {
  let sum = 0;
  for (let index = 0; index < values.length; index++) {
    above[index] = Math.abs(values[index]!);
    sum += above[index]!;
  }
  if (sum <= radius) return;
  let count = values.length;
  let threshold = (sum - radius) / count;
  for (let before = Infinity; count < before; ) {
    before = count;
    count = 0;
    sum = 0;
    for (let index = 0; index < before; index++) {
      const value = above[index]!;
      // Without a branch that no processor can foresee.
      const isAbove = Number(value > threshold);
      above[count] = value;
      count += isAbove;
      sum += isAbove * value;
    }
    // With a radius of 0 nothing is above the largest value.
    if (count > 0) threshold = (sum - radius) / count;
  }
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    values[index] = value - Math.max(-threshold, Math.min(threshold, value));
  }
}
