import { checker, createRandom, ownResult, type Random } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { cutWindows, type ImageWindows } from './image-windows.ts';

/** `[n, h, w, c]`. */
export type ImagesShape = readonly [count: number, height: number, width: number, channels: number];

/** The draw for a batch: plain JSON, to be saved, sent or applied again. */
export interface Drawn<Parameters> {
  /** Name of the augmentation that drew it. */
  readonly augmentation: string;
  /** `[n, h, w]` of the images that it was drawn for. */
  readonly size: readonly [count: number, height: number, width: number];
  readonly parameters: Parameters;
}

export interface ApplyOptions {
  /**
   * `labels` are maps with a class per pixel `[n, h, w, 1]`: they move like the images, but without interpolation, and
   * changes of color leave them as they are. Default: `images`.
   */
  to?: 'images' | 'labels';
}

/**
 * A random change of images, drawn separately for each image.
 *
 * Called with images and a seed (default 0), it draws and applies at once. `draw` and `apply` do these steps one at a time,
 * so that one draw can be applied to images and to their label maps, or to several versions of an image. Augmentations
 * are differentiable in the colors where their operations are (not where pixels move), and are not meant to be.
 */
export interface Augmentation<Parameters = unknown> {
  /** Draws and applies. @returns A new tensor `[n, h', w', c]`. The caller disposes. */
  (images: Tensor4D, options?: { seed?: number }): Tensor4D;
  /** Draws the parameters of each image, as plain JSON that can be applied more than once. */
  draw(shape: ImagesShape, options?: { seed?: number }): Drawn<Parameters>;
  /** @throws RangeError if `drawn` is of another augmentation, or of images of another number or size. */
  apply(images: Tensor4D, drawn: Drawn<Parameters>, options?: ApplyOptions): Tensor4D;
  /** The shape that images of `shape` come out with. */
  shapeOf(shape: ImagesShape): ImagesShape;
  /** The part that is kept, if the augmentation only crops and mirrors. `augment` makes several such cuts at once. */
  windows?(shape: ImagesShape, drawn: Drawn<Parameters>): ImageWindows;
}

export interface AugmentationParts<Parameters> {
  /** The name in error messages. */
  name: string;
  /** Draws the parameters of all images. */
  draw(random: Random, shape: ImagesShape): Parameters;
  /** Applies them; runs inside `tf.tidy`. May return the images themselves. Default: cuts out `windows`. */
  apply?(images: Tensor4D, parameters: Parameters, to: 'images' | 'labels'): Tensor4D;
  /** In place of `apply`, for an augmentation that only crops and mirrors. */
  windows?(shape: ImagesShape, parameters: Parameters): ImageWindows;
  /** May reject a shape, too. Default: the shape stays. */
  shapeOf?(shape: ImagesShape): ImagesShape;
}

/**
 * Makes an augmentation of its parts: your own ones, and those of this package, are made this way.
 *
 * @param parts Its name, how to draw its parameters, and how to apply them.
 * @returns An augmentation, which `train` takes and which can be combined with others by `augment`.
 * @throws TypeError if a part is missing or of another kind.
 * @see `augment`, which combines augmentations.
 *
 * @example
 * import { defineAugmentation } from '@cnnviz/regularizers';
 *
 * const noise = defineAugmentation({
 *   name: 'noise',
 *   draw: (random, [n, h, w, c]) => Array.from(random.fillNormal(new Float32Array(n * h * w * c), 0, 0.1)),
 *   apply: (images, drawn, to) => (to === 'labels' ? tf.clone(images) : tf.add(images, tf.tensor(drawn, images.shape))),
 * });
 * const noisy = noise(images, { seed: 0 });
 */
export function defineAugmentation<Parameters>(parts: AugmentationParts<Parameters>): Augmentation<Parameters> {
  const defining = checker('@cnnviz/regularizers', 'defineAugmentation');
  const { name, shapeOf: ownShapeOf = (shape: ImagesShape) => shape } = defining.options(parts, 'parts');
  if (typeof name !== 'string') defining.fail('type', 'name', 'a string', name);
  const check = checker('@cnnviz/regularizers', name);
  check.callable('draw', parts.draw);
  check.callable('shapeOf', ownShapeOf);
  const shapeOf = (shape: ImagesShape) => check.shape('what shapeOf returns', ownShapeOf(shape), 4);

  const draw = (shape: ImagesShape, options: { seed?: number } = {}): Drawn<Parameters> => {
    const [count, height, width] = check.shape('shape', shape, 4);
    const { seed = 0 } = check.options(options);
    const random = createRandom(check.seed('seed', seed));
    shapeOf(shape);
    return { augmentation: name, size: [count, height, width], parameters: parts.draw(random, shape) };
  };

  const apply = (images: Tensor4D, drawn: Drawn<Parameters>, options: ApplyOptions = {}): Tensor4D => {
    const to = check.oneOf('to', check.options(options).to ?? 'images', ['images', 'labels']);
    if (to === 'images') check.images('images', images);
    else check.tensor('labels', images, { rank: 4 });
    requireDrawnFor(images.shape, drawn);
    return ownResult(() => {
      if (parts.apply === undefined) return cutWindows(images, windowsOf(images.shape, drawn));
      return requireResult(parts.apply(images, drawn.parameters, to), images);
    });
  };

  const requireResult = (result: Tensor4D, { shape, dtype }: Tensor4D): Tensor4D => {
    const isAlike = check.tensor('what apply returns', result, { rank: 4, dtype }).shape[0] === shape[0];
    return isAlike ? result : check.fail('range', 'what apply returns', `${shape[0]} images`, result);
  };

  const requireDrawnFor = (shape: ImagesShape, drawn: Drawn<Parameters>): void => {
    const size = shape.slice(0, 3);
    if (drawn?.augmentation !== name || String(drawn.size) !== String(size)) {
      const received = drawn?.size ? `a draw of ${drawn.augmentation} for [${drawn.size.join(', ')}]` : drawn;
      check.fail('range', 'drawn', `a draw of ${name} for [${size.join(', ')}]`, received);
    }
  };

  const augment = (images: Tensor4D, options: { seed?: number } = {}) => {
    check.images('images', images);
    return apply(images, draw(images.shape, options));
  };
  const windowsOf = (shape: ImagesShape, drawn: Drawn<Parameters>): ImageWindows => {
    requireDrawnFor(shape, drawn);
    const windows = check.options(parts.windows!(shape, drawn.parameters), 'what windows returns');
    check.shape('what windows returns: size', windows.size, 2);
    for (const name of ['tops', 'lefts', 'leftRight', 'upDown'] as const) {
      if (windows[name]?.length === shape[0]) continue;
      check.fail('range', `what windows returns: ${name}`, `a list of ${shape[0]}`, windows[name]);
    }
    return windows;
  };
  if (parts.windows === undefined) {
    check.callable('apply', parts.apply);
    return Object.assign(augment, { draw, apply, shapeOf });
  }
  check.callable('windows', parts.windows);
  return Object.assign(augment, { draw, apply, shapeOf, windows: windowsOf });
}
