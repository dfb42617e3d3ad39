import { type Bounds, checker, meanInStages } from '@cnnviz/internal';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type Augmentation, defineAugmentation } from './augmentation.ts';

export interface ColorJitterOptions {
  /** What a valid pixel may be. */
  bounds: Bounds;
  /** Brightness is multiplied by a factor from [1 - brightness, 1 + brightness], not below 0. Default: 0. */
  brightness?: number;
  /** The distance from the image's mean gray is multiplied by a factor drawn alike. Default: 0. */
  contrast?: number;
  /** The distance of a pixel from its gray is multiplied by a factor drawn alike. Default: 0. */
  saturation?: number;
  /** Hue is turned by a part of the whole circle from [-hue, hue], at most 0.5. Default: 0. */
  hue?: number;
}

export interface ColorParameters {
  /** The factor of each image. */
  readonly brightness: readonly number[];
  readonly contrast: readonly number[];
  readonly saturation: readonly number[];
  /** The turn of each image, in parts of the circle. */
  readonly hue: readonly number[];
}

/** Gray as CCIR 601 weighs red, green and blue, and so do torchvision and TensorFlow. */
const luma = [0.299, 0.587, 0.114];

/** RGB to YIQ: gray and two axes of color, in whose plane hue is an angle. */
const yiqOfRgb = [luma, [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]];

/**
 * Changes brightness, contrast, saturation and hue of each image, in this order, by factors of its own; the result of
 * each is clipped to `bounds`. Label maps are left as they are.
 *
 * The factors are torchvision's, applied to the distance from the lower bound; hue is turned in the plane of I and Q of
 * YIQ, which keeps gray exactly, and not in HSV. What is drawn from a range of 0 is 1 (hue: 0) and changes nothing.
 *
 * @param options `bounds`, and the range of each change; none by default.
 * @returns An augmentation: images `[n, h, w, c]` to new ones, which the caller disposes.
 * @throws RangeError if a range is negative, `hue` is above 0.5, or `saturation` or `hue` is asked for images without 3
 *   channels.
 * @see `torchvision.transforms.ColorJitter`, https://docs.pytorch.org/vision/stable/transforms.html.
 *
 * @example
 * import { colorJitter } from '@cnnviz/regularizers';
 *
 * const jittered = colorJitter({ bounds: [0, 1], brightness: 0.2, contrast: 0.2 })(images, { seed: 0 });
 */
export function colorJitter(options: ColorJitterOptions): Augmentation<ColorParameters> {
  const check = checker('@cnnviz/regularizers', 'colorJitter');
  const [min, max] = check.bounds('bounds', check.options(options).bounds);
  const [brightness, contrast, saturation] = (['brightness', 'contrast', 'saturation'] as const).map((name) =>
    check.number(name, options[name] ?? 0, { min: 0 }),
  ) as [number, number, number];
  const hue = check.number('hue', options.hue ?? 0, { min: 0, max: 0.5 });
  const clipped = (images: tf.Tensor) => tf.clipByValue(images, min, max) as Tensor4D;

  return defineAugmentation({
    name: 'colorJitter',
    shapeOf: (shape) => {
      if (shape[3] !== 3 && (saturation > 0 || hue > 0)) check.fail('range', 'images', 'of 3 channels', [...shape]);
      return shape;
    },
    draw: (random, [count]) => {
      const within = (from: number, to: number) =>
        Array.from({ length: count }, () => from + (to - from) * random.uniform());
      const factors = (range: number) => within(Math.max(0, 1 - range), 1 + range);
      return {
        brightness: factors(brightness),
        contrast: factors(contrast),
        saturation: factors(saturation),
        hue: within(-hue, hue),
      };
    },
    apply: (images, drawn, to) => {
      if (to === 'labels') return tf.clone(images);
      const perImage = (values: readonly number[]) => tf.tensor4d([...values], [images.shape[0], 1, 1, 1]);
      let current = images;
      if (brightness > 0) current = clipped(tf.add(min, tf.mul(tf.sub(current, min), perImage(drawn.brightness))));
      if (contrast > 0) current = clipped(blend(meanInStages(grayOf(current), [1, 2]), current, drawn.contrast));
      if (saturation > 0) current = clipped(blend(grayOf(current), current, drawn.saturation));
      if (hue > 0) {
        const angles = drawn.hue.map((turn) => 2 * Math.PI * turn);
        const cosines = tf.mul(mixChannels(current, hueTurn.cosine), perImage(angles.map(Math.cos)));
        const sines = tf.mul(mixChannels(current, hueTurn.sine), perImage(angles.map(Math.sin)));
        current = clipped(tf.addN([mixChannels(current, hueTurn.constant), cosines, sines]));
      }
      return current === images ? tf.clone(images) : current;

      function blend(from: tf.Tensor, image: Tensor4D, factors: readonly number[]): tf.Tensor {
        return tf.add(from, tf.mul(tf.sub(image, from), perImage(factors)));
      }
    },
  });
}

function grayOf(images: Tensor4D): Tensor4D {
  return images.shape[3] === 3
    ? (mixChannels(
        images,
        luma.map((weight) => [weight]),
      ) as Tensor4D)
    : (tf.mean(images, 3, true) as Tensor4D);
}

/** Each pixel's row of channels times a matrix. */
function mixChannels(images: Tensor4D, matrix: readonly (readonly number[])[]): Tensor4D {
  const [count, height, width, channels] = images.shape;
  const rows: Tensor2D = tf.reshape(images, [count * height * width, channels]);
  const mixed = tf.matMul(rows, tf.tensor2d(matrix as number[][]));
  return tf.reshape(mixed, [count, height, width, matrix[0]!.length]);
}

/**
 * The turn by an angle, as `constant + cosine · cos(angle) + sine · sin(angle)`, for rows of channels: YIQ's turn in the
 * plane of I and Q, between the change to YIQ and back.
 */
const hueTurn = (() => {
  const rgbOfYiq = inverse3(yiqOfRgb);
  const between = (middle: number[][]) => transposed(product(rgbOfYiq, product(middle, yiqOfRgb)));
  return {
    constant: between([
      [1, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ]),
    cosine: between([
      [0, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]),
    sine: between([
      [0, 0, 0],
      [0, 0, -1],
      [0, 1, 0],
    ]),
  };
})();

function product(a: number[][], b: number[][]): number[][] {
  return a.map((row) => b[0]!.map((_, column) => row.reduce((sum, value, k) => sum + value * b[k]![column]!, 0)));
}

function transposed(matrix: number[][]): number[][] {
  return matrix[0]!.map((_, column) => matrix.map((row) => row[column]!));
}

/** By Cramer's rule: rows of cofactors over the determinant. */
function inverse3(m: number[][]): number[][] {
  const cofactor = (row: number, column: number) => {
    const [r1, r2] = [(row + 1) % 3, (row + 2) % 3];
    const [c1, c2] = [(column + 1) % 3, (column + 2) % 3];
    return m[r1]![c1]! * m[r2]![c2]! - m[r1]![c2]! * m[r2]![c1]!;
  };
  const determinant = [0, 1, 2].reduce((sum, column) => sum + m[0]![column]! * cofactor(0, column), 0);
  return [0, 1, 2].map((row) => [0, 1, 2].map((column) => cofactor(column, row) / determinant));
}
