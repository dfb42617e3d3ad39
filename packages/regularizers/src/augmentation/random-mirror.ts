import { checker } from '@cnnviz/internal';
import { type Augmentation, defineAugmentation } from './augmentation.ts';

export interface RandomMirrorOptions {
  /** Probability of exchanging left and right, from 0 to 1. Default: 0.5. */
  leftRight?: number;
  /** Probability of exchanging up and down, from 0 to 1. Default: 0. */
  upDown?: number;
}

export interface MirrorParameters {
  /** Whether left and right are exchanged, for each image. */
  readonly leftRight: readonly boolean[];
  readonly upDown: readonly boolean[];
}

/**
 * Mirrors images at random, each with the given probability.
 *
 * @param options Probabilities of the two directions.
 * @returns An augmentation: images `[n, h, w, c]` to new ones, which the caller disposes.
 * @throws RangeError if a probability is outside [0, 1].
 * @see Krizhevsky, Sutskever, Hinton, "ImageNet Classification with Deep Convolutional Neural Networks", NIPS 2012,
 *   https://doi.org/10.1145/3065386, section 4.1.
 *
 * @example
 * import { randomMirror } from '@cnnviz/regularizers';
 *
 * const mirrored = randomMirror({ leftRight: 1 })(images, { seed: 0 });
 */
export function randomMirror(options: RandomMirrorOptions = {}): Augmentation<MirrorParameters> {
  const check = checker('@cnnviz/regularizers', 'randomMirror');
  const leftRight = check.number('leftRight', check.options(options).leftRight ?? 0.5, { min: 0, max: 1 });
  const upDown = check.number('upDown', options.upDown ?? 0, { min: 0, max: 1 });

  return defineAugmentation({
    name: 'randomMirror',
    draw: (random, [count]) => ({
      leftRight: Array.from({ length: count }, () => random.uniform() < leftRight),
      upDown: Array.from({ length: count }, () => random.uniform() < upDown),
    }),
    windows: ([count, height, width], { leftRight, upDown }) => {
      const start = new Array<number>(count).fill(0);
      return { size: [height, width], tops: start, lefts: start, leftRight, upDown };
    },
  });
}
