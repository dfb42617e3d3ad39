import { checker, createRandom, ownResult, type Random } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { cutWindows, type ImageWindows } from './image-windows.ts';

/** `[n, h, w, c]`. */
export type ImagesShape = readonly [count: number, height: number, width: number, channels: number];

/** What was drawn for a batch: plain JSON, to be kept, sent or applied again. */
export interface Drawn<Parameters> {
  /** The function that drew it. */
  readonly augmentation: string;
  /** `[n, h, w]` of what it was drawn for. */
  readonly size: readonly [count: number, height: number, width: number];
  readonly parameters: Parameters;
}

export interface ApplyOptions {
  /**
   * `labels` are maps of a class for each pixel `[n, h, w, 1]`: they move like the images, but without interpolation,
   * and what only changes colors leaves them as they are. Default: `images`.
   */
  to?: 'images' | 'labels';
}

/**
 * A random change of images, drawn for each image by itself.
 *
 * Called with images and a seed it draws and applies at once. `draw` and `apply` do the two apart, so that one draw can
 * be put on images and on their label maps, or on several versions of an image. Augmentations are differentiable in
 * the colors where their operations are (not where pixels move), and are not meant to be.
 */
export interface Augmentation<Parameters = unknown> {
  /** Draws and applies. @returns A new tensor `[n, h', w', c]`. The caller disposes. */
  (images: Tensor4D, options: { seed: number }): Tensor4D;
  /** Draws the parameters of each image, as plain JSON that can be applied more than once. */
  draw(shape: ImagesShape, options: { seed: number }): Drawn<Parameters>;
  /** @throws RangeError if `drawn` is of another augmentation, or of images of another number or size. */
  apply(images: Tensor4D, drawn: Drawn<Parameters>, options?: ApplyOptions): Tensor4D;
  /** The shape of what it makes of images of `shape`. */
  shapeOf(shape: ImagesShape): ImagesShape;
  /** Of an augmentation that only crops and mirrors: what it keeps. `augment` does several such cuts at once. */
  windows?(shape: ImagesShape, drawn: Drawn<Parameters>): ImageWindows;
}

export interface AugmentationParts<Parameters> {
  /** As errors call it. */
  name: string;
  /** Draws the parameters of all images. */
  draw(random: Random, shape: ImagesShape): Parameters;
  /** Applies them; runs inside `tf.tidy`. May return the images themselves. Default: cuts out `windows`. */
  apply?(images: Tensor4D, parameters: Parameters, to: 'images' | 'labels'): Tensor4D;
  /** In place of `apply`, for what only crops and mirrors. */
  windows?(shape: ImagesShape, parameters: Parameters): ImageWindows;
  /** Also the place to reject a shape. Default: the same. */
  shapeOf?(shape: ImagesShape): ImagesShape;
}

/**
 * Makes an augmentation of its parts, one's own like those of this package.
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

  const draw = (shape: ImagesShape, options: { seed: number }): Drawn<Parameters> => {
    const [count, height, width] = check.shape('shape', shape, 4);
    const random = createRandom(check.seed('seed', options?.seed));
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

  const augment = (images: Tensor4D, options: { seed: number }) => {
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
