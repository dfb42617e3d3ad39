import { checker } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type Augmentation, defineAugmentation, type ImagesShape } from './augmentation.ts';

export interface RandomCropOptions {
  /** Size of the crop, in pixels. */
  size: readonly [height: number, width: number];
  /** Pixels added on each side before. Default: 0. */
  padding?: number;
  /** The values of added pixels: 0, or the mirrored image. Default: `zero`. */
  mode?: 'zero' | 'reflect';
}

export interface CropParameters {
  /** Row of the padded image that is the crop's first, for each image. */
  readonly tops: readonly number[];
  readonly lefts: readonly number[];
}

/**
 * Crops each image at a random place, drawn separately for each image; every place is equally likely.
 *
 * On an axis of `in` pixels there are `in + 2 · padding - size + 1` places. Zhang et al. crop CIFAR-10
 * to 28x28 and evaluate on the center; usual for CIFAR-10 is a padding of 4 and a size of 32.
 *
 * @param options `size`, and the padding.
 * @returns An augmentation: images `[n, h, w, c]` to new ones, which the caller disposes.
 * @throws RangeError if the crop is larger than the padded image, or `reflect` pads with more pixels than there are.
 * @see Zhang et al., ICLR 2017, https://arxiv.org/abs/1611.03530, appendix A.
 *
 * @example
 * import { randomCrop } from '@cnnviz/regularizers';
 *
 * const cropped = randomCrop({ size: [24, 24] })(images, { seed: 0 });
 */
export function randomCrop(options: RandomCropOptions): Augmentation<CropParameters> {
  const check = checker('@cnnviz/regularizers', 'randomCrop');
  const [height, width] = check.shape('size', check.options(options).size, 2);
  const padding = check.number('padding', options.padding ?? 0, { integer: true, min: 0 });
  const mode = check.oneOf('mode', options.mode ?? 'zero', ['zero', 'reflect']);

  return defineAugmentation({
    name: 'randomCrop',
    shapeOf: ([count, oldHeight, oldWidth, channels]) => {
      if (height > oldHeight + 2 * padding || width > oldWidth + 2 * padding) {
        const expected = `at most the padded image's ${oldHeight + 2 * padding} x ${oldWidth + 2 * padding}`;
        check.fail('range', 'size', expected, options.size);
      }
      if (mode === 'reflect' && padding >= Math.min(oldHeight, oldWidth)) {
        check.fail('range', 'padding', `less than the image's ${oldHeight} x ${oldWidth} to reflect it`, padding);
      }
      return [count, height, width, channels];
    },
    draw: (random, [count, oldHeight, oldWidth]) => ({
      tops: Array.from({ length: count }, () => random.integer(oldHeight + 2 * padding - height + 1)),
      lefts: Array.from({ length: count }, () => random.integer(oldWidth + 2 * padding - width + 1)),
    }),
    windows: ([count], { tops, lefts }) => {
      const unmirrored = new Array<boolean>(count).fill(false);
      return {
        size: [height, width],
        tops: tops.map((top) => top - padding),
        lefts: lefts.map((left) => left - padding),
        leftRight: unmirrored,
        upDown: unmirrored,
        ...(padding === 0 ? {} : { padding: mode }),
      };
    },
  });
}

/**
 * Crops the middle of each image; an odd surplus leaves the larger part below and to the right, as in Keras.
 *
 * @param options `size`: of the crop, in pixels.
 * @returns A function from images `[n, h, w, c]` to their middles, which the caller disposes.
 * @see `randomCrop`, for training.
 * @throws RangeError if the crop is larger than the image.
 *
 * @example
 * import { centerCrop } from '@cnnviz/regularizers';
 *
 * const evaluated = centerCrop({ size: [24, 24] })(images);
 */
export function centerCrop(options: {
  size: readonly [height: number, width: number];
}): Augmentation<null> & ((images: Tensor4D) => Tensor4D) {
  const check = checker('@cnnviz/regularizers', 'centerCrop');
  const [height, width] = check.shape('size', check.options(options).size, 2);
  const shapeOf = ([count, oldHeight, oldWidth, channels]: ImagesShape): ImagesShape => {
    if (height > oldHeight || width > oldWidth) {
      check.fail('range', 'size', `at most the image's ${oldHeight} x ${oldWidth}`, options.size);
    }
    return [count, height, width, channels];
  };
  const crop = defineAugmentation<null>({
    name: 'centerCrop',
    shapeOf,
    draw: () => null,
    apply: (images) => {
      const [, oldHeight, oldWidth] = images.shape;
      const start = [0, Math.floor((oldHeight - height) / 2), Math.floor((oldWidth - width) / 2), 0];
      return tf.slice(images, start, [-1, height, width, -1]);
    },
  });
  const { draw, apply } = crop;
  return Object.assign((images: Tensor4D) => crop(images, { seed: 0 }), { draw, apply, shapeOf });
}
