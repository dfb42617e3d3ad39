import { checker, createRandom } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { gatherPixels } from '../augmentation/gather-pixels.ts';

export interface ShufflePixelsOptions {
  /** Default: 0. */
  seed?: number;
  /** Puts the pixels back where they were. Default: false. */
  undo?: boolean;
}

/**
 * Shuffles the pixels of all images by one random permutation of places: use the same seed for the training set and the
 * test set. Channels stay together.
 *
 * A dense network can learn as much as before; the local patterns that a convolution looks for are gone.
 *
 * @param images `[n, h, w, c]`. They stay the caller's.
 * @returns `[n, h, w, c]`. The caller disposes.
 * @throws TypeError if `images` is of another kind; RangeError if `seed` is out of range.
 * @see Zhang et al., ICLR 2017, https://arxiv.org/abs/1611.03530, "shuffled pixels".
 *
 * @example
 * import { shufflePixels } from '@cnnviz/regularizers';
 *
 * const shuffled = shufflePixels(images, { seed: 0 });
 * const restored = shufflePixels(shuffled, { seed: 0, undo: true });
 */
export function shufflePixels(images: Tensor4D, options: ShufflePixelsOptions): Tensor4D {
  const check = checker('@cnnviz/regularizers', 'shufflePixels');
  const [, height, width] = check.images('images', images).shape;
  const undo = check.boolean('undo', check.options(options).undo ?? false);
  const { seed = 0 } = options;
  const order = createRandom(check.seed('seed', seed)).permutation(height * width);
  const places = undo ? inverse(order) : order;
  return movePixels(images, () => places);
}

export interface RandomizePixelsOptions {
  /** Default: 0. */
  seed?: number;
  /** Number of the first image within its data set, when that is changed batch by batch. Default: 0. */
  first?: number;
}

/**
 * Moves the pixels of each image by a random permutation of its own. Channels stay together.
 *
 * @param images `[n, h, w, c]`. They stay the caller's.
 * @returns `[n, h, w, c]`. The caller disposes.
 * @throws TypeError if `images` is of another kind; RangeError if `seed` is out of range.
 * @see Zhang et al., ICLR 2017, https://arxiv.org/abs/1611.03530, "random pixels".
 *
 * @example
 * import { randomizePixels } from '@cnnviz/regularizers';
 *
 * const randomized = randomizePixels(images, { seed: 0 });
 */
export function randomizePixels(images: Tensor4D, options: RandomizePixelsOptions): Tensor4D {
  const check = checker('@cnnviz/regularizers', 'randomizePixels');
  const [, height, width] = check.images('images', images).shape;
  const first = check.number('first', check.options(options).first ?? 0, { integer: true, min: 0 });
  const { seed = 0 } = options;
  const seedOf = seedOfImage(check.seed('seed', seed), first);
  return movePixels(images, (image) => createRandom(seedOf(image)).permutation(height * width));
}

/** Seeds of images: unrelated for each image and for each seed. */
export function seedOfImage(seed: number, first: number): (image: number) => number {
  const start = createRandom(seed).integer(2 ** 32);
  return (image) => start + first + image;
}

/** As large as indices may be where a backend keeps integers in float32, and no strain on memory. */
const pixelsAtOnce = 2 ** 22;

/** @param sourcesOf For each place of an image the place that its pixel is taken from. */
function movePixels(images: Tensor4D, sourcesOf: (image: number) => Int32Array): Tensor4D {
  const [count, height, width] = images.shape;
  const pixels = height * width;
  const imagesAtOnce = Math.max(1, Math.floor(pixelsAtOnce / pixels));
  return tf.tidy(() => {
    const parts: Tensor4D[] = [];
    for (let start = 0; start < count; start += imagesAtOnce) {
      const size = Math.min(imagesAtOnce, count - start);
      const sources = new Int32Array(size * pixels);
      for (let image = 0; image < size; image++) {
        const own = sourcesOf(start + image);
        for (let pixel = 0; pixel < pixels; pixel++) sources[image * pixels + pixel] = image * pixels + own[pixel]!;
      }
      parts.push(gatherPixels(tf.slice(images, start, size), { sources, size: [height, width], outside: false }));
    }
    return parts.length === 1 ? parts[0]! : tf.concat(parts);
  });
}

function inverse(permutation: Int32Array): Int32Array {
  const result = new Int32Array(permutation.length);
  for (let index = 0; index < permutation.length; index++) result[permutation[index]!] = index;
  return result;
}
