import type { Bounds } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { floorToFloat32 } from './floor-to-float32.ts';
import { mostLostToRounding } from './perturb.ts';
import { projectToBall } from './project-to-ball.ts';
import { projectToL1Ball } from './project-to-l1-ball.ts';
import type { Norm } from './step-direction.ts';

export interface Region {
  epsilon: number;
  bounds: Bounds;
  norm: Norm;
}

/**
 * Projects points to the ball of radius `epsilon` around their images, then clips them to `bounds`.
 *
 * Every result is within `epsilon` and `bounds` as computed in float32. In L2 and L1 each value is shortened by the most
 * that rounding can add to it, whether it does or not; `perturb` finds that out in three times as many operations.
 *
 * @param points `[n, h, w, c]`; not modified.
 * @param images `[n, h, w, c]` inside `bounds`: the centers of the balls.
 * @returns `[n, h, w, c]`. The caller disposes.
 */
export async function projectAndClip(
  points: Tensor4D,
  images: Tensor4D,
  { norm, epsilon, bounds }: Region,
): Promise<Tensor4D> {
  const [min, max] = bounds;
  const most = mostLostToRounding(bounds);
  if (norm === 'linf') return tf.tidy(() => clipToBox(points, images, epsilon, bounds));
  if (norm === 'l2') {
    return tf.tidy(() => {
      const nearest = projectToBall(tf.sub(points, images), norm, epsilon);
      const shortened = tf.sub(nearest, tf.clipByValue(nearest, -most, most));
      return tf.clipByValue(tf.add(images, shortened) as Tensor4D, min, max);
    });
  }
  const nearest = await projectToL1Ball(tf.sub(points, images), epsilon, most);
  const inside = tf.tidy(() => tf.clipByValue(tf.add(images, nearest) as Tensor4D, min, max));
  nearest.dispose();
  return inside;
}

/** Clips to an epsilon that is just small enough that no sum is rounded to a point beyond `epsilon`. */
function clipToBox(points: Tensor4D, images: Tensor4D, epsilon: number, [min, max]: Bounds): Tensor4D {
  const radius = floorToFloat32(epsilon);
  const largest = Math.max(Math.abs(min), Math.abs(max)) + radius;
  const reach = Math.max(0, floorToFloat32(radius - largest * 2 ** -24));
  const perturbation = tf.clipByValue(tf.sub(points, images), -reach, reach);
  return tf.clipByValue(tf.add(images, perturbation) as Tensor4D, min, max);
}
