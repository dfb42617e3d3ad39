import { createRandom } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { FoolingSettings } from './fooling-options.ts';

/** An image per target, `[targets, h, w, c]`. The caller disposes. */
export function startImages({ shape, targets, bounds, seed, mean, start, deviation }: FoolingSettings): Tensor4D {
  const [min, max] = bounds;
  const random = createRandom(seed);
  const drawStart = (): Float32Array => {
    const pixels = new Float32Array(shape[0] * shape[1] * shape[2]);
    if (start === 'uniform') return random.fillUniform(pixels, min, max);
    if (start === 'gaussian') random.fillNormal(pixels, 0, deviation);
    return pixels.map((noise, index) => Math.min(max, Math.max(min, noise + mean[index % mean.length]!)));
  };
  const starts: Float32Array[] = [];
  const repetitions = new Map<number, number>();
  const images = targets.map((target) => {
    const repetition = repetitions.get(target) ?? 0;
    repetitions.set(target, repetition + 1);
    starts[repetition] ??= drawStart();
    return tf.tensor3d(starts[repetition], [...shape]);
  });
  const stacked = tf.stack(images) as Tensor4D;
  tf.dispose(images);
  return stacked;
}
