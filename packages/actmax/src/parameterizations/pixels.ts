import { type Bounds, checker } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Parameterization } from './parameterization.ts';
import { startImages } from './start-images.ts';

export interface PixelsOptions {
  /** Height, width and channels of an image. */
  shape: readonly [height: number, width: number, channels: number];
  /** What a valid pixel may be: the range that the model was trained on. */
  bounds: Bounds;
  /** Images to start from, inside `bounds`: one for all, or one for each. Needed until the run has started; the caller keeps and disposes them. */
  from?: Tensor4D;
  /**
   * Standard deviation of the noise that is added to the start. Default: 0.01 of max - min, as lucid, or 0 where `from`
   * is given.
   */
  deviation?: number;
}

/**
 * Changes the pixels themselves, clipped to `bounds` after each step. Nothing keeps these images natural, so that networks
 * are maximized by noise: this is the baseline.
 *
 * Starts from the middle of `bounds` with a little noise, each image with its own.
 *
 * @returns A parameterization for `maximizeActivation`; holds no tensors.
 * @throws RangeError if an option is outside its range; on start, if `from` is outside `bounds` or for another number of
 *   images.
 * @see Erhan, Bengio, Courville, Vincent, "Visualizing Higher-Layer Features of a Deep Network", 2009.
 *
 * @example
 * import { pixels } from '@cnnviz/actmax';
 *
 * const parameterization = pixels({ shape: [28, 28, 1], bounds: [0, 1], deviation: 0.1 });
 */
export function pixels(options: PixelsOptions): Parameterization {
  const check = checker('@cnnviz/actmax', 'pixels');
  check.options(options);
  const shape = check.shape('shape', options.shape, 3);
  const bounds = check.bounds('bounds', options.bounds);
  const [min, max] = bounds;
  const from = startImages(check, options.from, shape, bounds);
  const deviation = check.number('deviation', options.deviation ?? (from ? 0 : 0.01 * (max - min)), { min: 0 });
  const project = (images: tf.Tensor) => tf.clipByValue(images, min, max);
  return {
    name: 'pixels',
    variableShape: shape,
    bounds,
    start: (random, count) => {
      const middle = from?.of(count) ?? (min + max) / 2;
      const noise = random.fillNormal(new Float32Array(count * tf.util.sizeFromShape([...shape])), 0, deviation);
      return project(tf.add(middle, tf.tensor4d(noise, [count, ...shape])));
    },
    render: (images) => tf.clone(images) as Tensor4D,
    project,
    ...(from && { check: () => from.requireWithin() }),
  };
}
