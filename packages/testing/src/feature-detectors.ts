import type { Probe } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

export interface ColorDetector {
  /** The direction onto which a pixel is projected: one number per channel. */
  direction: readonly number[];
  /** The projection at which the unit starts to fire. */
  threshold: number;
}

/** A probe with one unit per detector, which is relu(direction · pixel - threshold): `[n, h, w, c]` to `[n, h, w, units]`. */
export function colorProbe(detectors: readonly ColorDetector[]): Probe {
  const channels = detectors[0]?.direction.length ?? 0;
  const directions = detectors.flatMap(({ direction }) => direction);
  const thresholds = detectors.map(({ threshold }) => threshold);
  return (images) =>
    tf.tidy(() => {
      const kernel = tf.reshape(tf.transpose(tf.tensor2d(directions, [detectors.length, channels])), [
        1,
        1,
        channels,
        detectors.length,
      ]) as Tensor4D;
      return tf.relu(tf.sub(tf.conv2d(images, kernel, 1, 'valid'), tf.tensor1d(thresholds))) as Tensor4D;
    });
}

/**
 * A probe with one unit per template of -1 and 1. It is 1 where an image of -1 and 1 equals the template, and 0 elsewhere:
 * `[n, h, w, c]` to `[n, h - th + 1, w - tw + 1, units]`.
 *
 * @param templates `[units][th][tw][c]`, all of the same size.
 */
export function templateProbe(templates: readonly (readonly (readonly (readonly number[])[])[])[]): Probe {
  const height = templates[0]!.length;
  const width = templates[0]![0]!.length;
  const channels = templates[0]![0]![0]!.length;
  const shape: [number, number, number, number] = [templates.length, height, width, channels];
  const matchesOfAll = height * width * channels;
  return (images) =>
    tf.tidy(() => {
      const kernel: Tensor4D = tf.transpose(tf.tensor4d(templates.flat(3), shape), [1, 2, 3, 0]);
      // Each differing pixel costs 2.
      return tf.relu(tf.sub(tf.conv2d(images, kernel, 1, 'valid'), matchesOfAll - 1)) as Tensor4D;
    });
}
