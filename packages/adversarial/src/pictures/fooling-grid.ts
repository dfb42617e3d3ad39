import type { Bounds } from '@cnnviz/internal';
import { checker, enlarge, type NumberRange, requireNames, tileGrid, warnOfOutside } from '@cnnviz/internal';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { FoolingImages } from '../fooling-images/fooling-images.ts';

export interface FoolingGridOptions {
  /** That the images were made for: black and white of the picture. */
  bounds: Bounds;
  /** Images in a row. Default: the smallest square that holds all. */
  columns?: number;
  /** Pixels between images. Default: 2. */
  padding?: number;
  /** Whole number by which each pixel is repeated both ways. Default: 1. */
  factor?: number;
  /** Name of each class. Default: its number. */
  classNames?: readonly string[];
}

/** What stands in one place of the grid, for captions beside the picture or on it. */
export interface FoolingLabel {
  target: number;
  /** Name of the target, or its number. */
  name: string;
  /** Probability of the target. */
  confidence: number;
  /** The confidence rounded down to a hundredth of a percent, so that only certainty reads 100%. */
  text: string;
  row: number;
  column: number;
  /** Position of the image, in pixels of the picture. */
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface FoolingGrid {
  /** `[h, w, 3]` in [0, 1]. The caller disposes. */
  picture: Tensor3D;
  /** One label per image, in their order. */
  labels: FoolingLabel[];
}

/**
 * Fooling images side by side, with what each is taken for and how surely.
 *
 * Nothing waits for the device: pixels outside `bounds` are clipped, and the console says so when their values arrive.
 *
 * @param fooling As `foolingImages` gives it, or `{ images, targets, confidences }` of other origin.
 * @returns The `picture`, which the caller disposes, and a label for each place in it.
 * @throws RangeError if an option is out of its range, or there is not one target and confidence for each image.
 * @throws TypeError if an argument is of another kind.
 *
 * @example
 * import { foolingGrid, foolingImages } from '@cnnviz/adversarial';
 *
 * const bounds = [0, 1] as const;
 * const fooling = await foolingImages(model, { shape: [28, 28, 1], targets: [3, 7], bounds, seed: 0, steps: 5 });
 * const { picture, labels } = foolingGrid(fooling, { bounds, factor: 2 });
 * console.log(picture.shape, labels[0]?.name, labels[0]?.text);
 */
export function foolingGrid(
  fooling: Pick<FoolingImages, 'images' | 'targets' | 'confidences'>,
  options: FoolingGridOptions,
): FoolingGrid {
  const check = checker('@cnnviz/adversarial', 'foolingGrid');
  check.options(options);
  const { images, targets, confidences } = check.options(fooling, 'fooling');
  const classNames = requireNames(check, 'classNames', options.classNames);
  const [count, height, width, channels] = check.images('images', images).shape;
  if (count === 0 || (channels !== 1 && channels !== 3)) {
    check.fail('range', 'images', 'a tensor [n, h, w, 1 or 3] with n >= 1', images);
  }
  const requireEach = (name: string, list: readonly number[], expected: string, range: NumberRange) => {
    if (!Array.isArray(list)) check.fail('type', name, `${count} ${expected}`, list);
    if (list.length !== count) check.fail('range', name, `${count} ${expected}`, list);
    for (const [index, value] of list.entries()) check.number(`${name}[${index}]`, value, range);
  };
  requireEach('targets', targets, 'classes', { integer: true, min: 0 });
  requireEach('confidences', confidences, 'numbers', { min: 0, max: 1 });
  const [min, max] = check.bounds('bounds', options.bounds);
  const padding = check.number('padding', options.padding ?? 2, { integer: true, min: 0 });
  const factor = check.number('factor', options.factor ?? 1, { integer: true, min: 1 });
  const columns = Math.min(
    count,
    check.number('columns', options.columns ?? Math.ceil(Math.sqrt(count)), { integer: true, min: 1 }),
  );
  warnOfOutside(check, 'images', images, [min, max], images);
  const picture = tf.tidy(() => {
    const scaled = tf.clipByValue(tf.div(tf.sub(images, min), max - min), 0, 1) as typeof images;
    return enlarge(tileGrid(scaled, { columns, padding }), factor);
  });
  const labels = targets.map((target, index) => {
    const [row, column] = [Math.floor(index / columns), index % columns];
    const confidence = confidences[index]!;
    return {
      target,
      name: classNames?.[target] ?? String(target),
      confidence,
      text: `${(Math.floor(confidence * 10_000) / 100).toFixed(2)}%`,
      row,
      column,
      left: column * (width + padding) * factor,
      top: row * (height + padding) * factor,
      width: width * factor,
      height: height * factor,
    };
  });
  return { picture, labels };
}
