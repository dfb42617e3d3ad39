import { type Bounds, checker, createRandom } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import { type Augmentation, defineAugmentation } from './augmentation.ts';

export interface RandomEraseOptions {
  /** Probability of erasing anything in an image, from 0 to 1. Default: 0.5, as in the paper. */
  probability?: number;
  /** Part of the image that is erased; equal ends always erase the same. Default: [0.02, 0.4], as in the paper. */
  area?: Bounds;
  /** Height over width of the rectangle. Default: [0.3, 1 / 0.3], as in the paper. */
  aspectRatio?: Bounds;
  /** What is put there: a value, or `[min, max]` for uniform noise, the paper's best. Default: 0. */
  fill?: number | Bounds;
}

export interface EraseParameters {
  /** The rectangle of each image; without height and width nothing is erased. */
  readonly boxes: readonly { top: number; left: number; height: number; width: number }[];
  readonly noiseSeed: number;
}

const attempts = 100;

/**
 * Erases a random rectangle of each image, or none. Label maps are left as they are.
 *
 * Area and aspect ratio are uniform in their ranges; a rectangle that does not fit is drawn again, at most 100 times.
 *
 * @param options The rectangle and its filling; the paper's by default, filled with 0.
 * @returns An augmentation: images `[n, h, w, c]` to new ones, which the caller disposes.
 * @throws RangeError if the probability is outside [0, 1] or a range is reversed, or not of parts above 0.
 * @see Zhong et al., "Random Erasing Data Augmentation", AAAI 2020, https://arxiv.org/abs/1708.04896.
 *
 * @example
 * import { randomErase } from '@cnnviz/regularizers';
 *
 * const erased = randomErase({ fill: [0, 1] })(images, { seed: 0 });
 */
export function randomErase(options: RandomEraseOptions = {}): Augmentation<EraseParameters> {
  const check = checker('@cnnviz/regularizers', 'randomErase');
  const probability = check.number('probability', check.options(options).probability ?? 0.5, { min: 0, max: 1 });
  const [minArea, maxArea] = check.range('area', options.area ?? [0.02, 0.4]);
  check.number('area', minArea, { above: 0 });
  check.number('area', maxArea, { max: 1 });
  const [minRatio, maxRatio] = check.range('aspectRatio', options.aspectRatio ?? [0.3, 1 / 0.3]);
  check.number('aspectRatio', minRatio, { above: 0 });
  const { fill = 0 } = options;
  const [minFill, maxFill] = typeof fill === 'number' ? [check.number('fill', fill), fill] : check.range('fill', fill);

  return defineAugmentation({
    name: 'randomErase',
    draw: (random, [count, imageHeight, imageWidth]) => ({
      boxes: Array.from({ length: count }, () => {
        if (random.uniform() >= probability) return { top: 0, left: 0, height: 0, width: 0 };
        for (let attempt = 0; attempt < attempts; attempt++) {
          const area = (minArea + (maxArea - minArea) * random.uniform()) * imageHeight * imageWidth;
          const ratio = minRatio + (maxRatio - minRatio) * random.uniform();
          const height = Math.round(Math.sqrt(area * ratio));
          const width = Math.round(Math.sqrt(area / ratio));
          if (height < 1 || width < 1 || height > imageHeight || width > imageWidth) continue;
          const top = random.integer(imageHeight - height + 1);
          return { top, left: random.integer(imageWidth - width + 1), height, width };
        }
        return { top: 0, left: 0, height: 0, width: 0 };
      }),
      noiseSeed: random.integer(2 ** 32),
    }),
    apply: (images, { boxes, noiseSeed }, to) => {
      if (to === 'labels') return tf.clone(images);
      const [count, height, width, channels] = images.shape;
      const isErased = new Uint8Array(count * height * width * channels);
      const filling = new Float32Array(count * height * width * channels);
      const random = createRandom(noiseSeed);
      for (const [image, box] of boxes.entries()) {
        for (let y = box.top; y < box.top + box.height; y++) {
          for (let x = box.left; x < box.left + box.width; x++) {
            const pixel = (image * height + y) * width + x;
            for (let channel = 0; channel < channels; channel++) {
              isErased[pixel * channels + channel] = 1;
              filling[pixel * channels + channel] = minFill + (maxFill - minFill) * random.uniform();
            }
          }
        }
      }
      // Chosen, not multiplied with 0 and added: what was not finite is gone as well.
      return tf.where(tf.tensor4d(isErased, images.shape, 'bool'), tf.tensor4d(filling, images.shape), images);
    },
  });
}
