import type { Random } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { projectAndClip, type Region } from './project-and-clip.ts';
import { randomInBall } from './random-in-ball.ts';

/**
 * Points drawn uniformly from the balls around some of the images of a batch, clipped to the bounds.
 *
 * One is drawn for every image of the batch, so that the start of an image does not depend on which others are left.
 *
 * @param chosen The images at `places` of a batch of `count`.
 * @returns `[places, h, w, c]`. The caller disposes.
 */
export async function randomStarts(
  random: Random,
  chosen: Tensor4D,
  places: readonly number[],
  count: number,
  region: Region,
): Promise<Tensor4D> {
  const size = tf.util.sizeFromShape(chosen.shape.slice(1));
  const noise = new Float32Array(places.length * size);
  const unused = new Float32Array(size);
  for (let image = 0; image < count; image++) {
    const row = places.indexOf(image);
    const drawn = row < 0 ? unused : noise.subarray(row * size, (row + 1) * size);
    randomInBall(random, drawn, region.norm, region.epsilon);
  }
  const moved = tf.tidy(() => tf.add(chosen, tf.tensor4d(noise, chosen.shape)) as Tensor4D);
  try {
    return await projectAndClip(moved, chosen, region);
  } finally {
    moved.dispose();
  }
}
