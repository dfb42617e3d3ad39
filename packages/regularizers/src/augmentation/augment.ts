import { checker } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { clone } from '@tensorflow/tfjs-core';
import { type Augmentation, type Drawn, defineAugmentation, type ImagesShape } from './augmentation.ts';
import { cutWindows, type ImageWindows, windowsWithin } from './image-windows.ts';

/**
 * Combines augmentations: each is applied to the result of the one before it, with a seed of its own.
 *
 * @param augmentations In the order of application; none at all is the identity.
 * @returns One augmentation.
 * @throws TypeError if one of them is no augmentation.
 * @see He, Zhang, Ren, Sun, "Deep Residual Learning for Image Recognition", CVPR 2016,
 *   https://arxiv.org/abs/1512.03385, section 4.2, for the usual one on CIFAR-10.
 *
 * @example
 * import { augment, randomCrop, randomMirror } from '@cnnviz/regularizers';
 *
 * // The usual one for CIFAR-10: 4 pixels of padding, a random crop of the old size, and every second image mirrored.
 * const standard = augment(randomCrop({ size: [28, 28], padding: 4 }), randomMirror());
 * const varied = standard(images, { seed: 0 });
 *
 * // The same draw on images and on a class for each pixel.
 * const [count, height, width] = images.shape;
 * const labelMaps = tf.zeros<tf.Rank.R4>([count, height, width, 1], 'int32');
 * const drawn = standard.draw(images.shape, { seed: 0 });
 * const variedLabels = standard.apply(labelMaps, drawn, { to: 'labels' });
 */
export function augment(...augmentations: readonly Augmentation[]): Augmentation<readonly Drawn<unknown>[]> {
  const check = checker('@cnnviz/regularizers', 'augment');
  for (const [index, augmentation] of augmentations.entries()) {
    check.callable(`augmentations[${index}]`, augmentation);
    for (const part of ['draw', 'apply', 'shapeOf'] as const) {
      check.callable<unknown>(`augmentations[${index}].${part}`, augmentation[part]);
    }
  }
  return defineAugmentation({
    name: 'augment',
    draw(random, shape) {
      let current: ImagesShape = shape;
      return augmentations.map((augmentation) => {
        const drawn = augmentation.draw(current, { seed: random.integer(2 ** 32) });
        current = augmentation.shapeOf(current);
        return drawn;
      });
    },
    apply: (images, drawn, to) => {
      const [count, , , channels] = images.shape;
      let current: Tensor4D = clone(images);
      let windows: ImageWindows | undefined;
      const cut = () => (windows === undefined ? current : cutWindows(current, windows));
      for (const [index, augmentation] of augmentations.entries()) {
        const shape: ImagesShape = windows === undefined ? current.shape : [count, ...windows.size, channels];
        const next = augmentation.windows?.(shape, drawn[index]!);
        if (windows !== undefined && next !== undefined && next.padding === undefined) {
          windows = windowsWithin(windows, next);
          continue;
        }
        current = cut();
        windows = next;
        if (next === undefined) current = augmentation.apply(current, drawn[index]!, { to });
      }
      return cut();
    },
    shapeOf: (shape) => augmentations.reduce((current, augmentation) => augmentation.shapeOf(current), shape),
  });
}
