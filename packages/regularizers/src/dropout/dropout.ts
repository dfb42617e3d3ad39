import { type Check, checker, createRandom } from '@cnnviz/internal';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

export interface SpatialDropoutOptions {
  /** Probability of dropping, from 0 to 1, as in Keras and PyTorch. (The paper's p and TensorFlow 1 keep with it.) */
  rate: number;
  /** Decides what is dropped. Give each step and each layer another one, or the same values are dropped each time. Default: 0. */
  seed?: number;
  /** Whether to drop at all; without training the input is returned as it is. */
  training: boolean;
}

export interface DropoutOptions extends SpatialDropoutOptions {
  /** Shape of the mask, each size that of the input or 1; along a 1 all are dropped together. Default: the input's. */
  noiseShape?: readonly number[];
}

/**
 * Drops values (inverted dropout): each becomes 0 with probability `rate`, and is divided by `1 - rate` otherwise, which
 * keeps its expectation. The gradient passes where a value was kept. A `rate` of 1 drops everything.
 *
 * The mask is drawn on the host, and is therefore the same on every backend.
 *
 * @param input Any float32 tensor. It stays the caller's.
 * @returns A tensor of the same shape, differentiable. The caller disposes, or `tf.tidy` does.
 * @throws RangeError if `rate` is outside [0, 1] or `noiseShape` does not broadcast to the input.
 * @see Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", JMLR 15, 2014,
 *   https://jmlr.org/papers/v15/srivastava14a.html.
 *
 * @example
 * import { dropout } from '@cnnviz/regularizers';
 *
 * const hidden = tf.ones([4, 512]);
 * const dropped = dropout(hidden, { rate: 0.5, seed: 0, training: true }); // half of it 0, the rest 2
 */
export function dropout<T extends Tensor>(input: T, options: DropoutOptions): T {
  const check = checker('@cnnviz/regularizers', 'dropout');
  check.tensor('input', input, { dtype: 'float32' });
  const noiseShape = check.options(options).noiseShape ?? input.shape;
  const fits =
    Array.isArray(noiseShape) &&
    noiseShape.length === input.rank &&
    noiseShape.every((size, axis) => size === 1 || size === input.shape[axis]);
  if (!fits) check.fail('range', 'noiseShape', `sizes of [${input.shape.join(', ')}] or 1`, noiseShape);
  return dropWith(check, input, noiseShape, options);
}

/**
 * Drops whole channels: neighbors in a feature map carry much the same information, so that dropping single values
 * hides little.
 *
 * @param input `[n, h, w, c]`; each of the `n · c` maps is kept or dropped as one.
 * @returns `[n, h, w, c]`, differentiable. The caller disposes, or `tf.tidy` does.
 * @throws RangeError if `rate` is outside [0, 1].
 * @see Tompson et al., "Efficient Object Localization Using Convolutional Networks", CVPR 2015,
 *   https://arxiv.org/abs/1411.4280.
 *
 * @example
 * import { spatialDropout } from '@cnnviz/regularizers';
 *
 * const maps = tf.ones([2, 14, 14, 8]) as tf.Tensor4D;
 * const dropped = spatialDropout(maps, { rate: 0.25, seed: 0, training: true });
 */
export function spatialDropout(input: Tensor4D, options: SpatialDropoutOptions): Tensor4D {
  const check = checker('@cnnviz/regularizers', 'spatialDropout');
  const [count, , , channels] = check.images('input', input).shape;
  return dropWith(check, input, [count, 1, 1, channels], options);
}

function dropWith<T extends Tensor>(
  check: Check,
  input: T,
  noiseShape: readonly number[],
  options: SpatialDropoutOptions,
): T {
  const { seed = 0 } = check.options(options);
  const rate = check.number('rate', options.rate, { min: 0, max: 1 });
  check.seed('seed', seed);
  if (!check.boolean('training', options.training) || rate === 0) return tf.clone(input);
  if (rate === 1) return tf.zerosLike(input);
  // Chosen, not multiplied with 0: that would make NaN of an infinite value.
  return tf.tidy(() => {
    const scaled = tf.mul(input, 1 / (1 - rate));
    return tf.where(dropoutMask(noiseShape, rate, seed), scaled, tf.zerosLike(scaled)) as T;
  });
}

/** Where values are kept. */
function dropoutMask(shape: readonly number[], rate: number, seed: number): Tensor {
  const drawn = createRandom(seed).fillUniform(new Float32Array(tf.util.sizeFromShape([...shape])));
  return tf.tensor(
    Uint8Array.from(drawn, (value) => Number(value >= rate)),
    [...shape],
    'bool',
  );
}
