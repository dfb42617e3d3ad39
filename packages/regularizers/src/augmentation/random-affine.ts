import { type Bounds, type Check, checker } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type Augmentation, defineAugmentation } from './augmentation.ts';
import { gatherPixels, type Padding, type PixelMoves, paddedPosition } from './gather-pixels.ts';

export interface RandomAffineOptions {
  /** Degrees, counter-clockwise; a number is the range to both sides of 0, equal ends are a constant. Default: 0. */
  rotate?: number | Bounds;
  /** Factor of the size; equal ends are a constant. Default: none. */
  scale?: Bounds;
  /** Degrees by which vertical lines are tilted; a number is the range to both sides of 0. Default: 0. */
  shear?: number | Bounds;
  /** Largest shift to each side, as parts of width and height. Default: [0, 0]. */
  translate?: readonly [horizontal: number, vertical: number];
  /** Between pixels. Label maps are always `nearest`. Default: `bilinear`. */
  interpolation?: 'bilinear' | 'nearest';
  /** What stands outside of the image. Default: `zero`. */
  padding?: Padding;
}

export interface AffineParameters {
  /** Degrees, for each image. */
  readonly rotate: readonly number[];
  readonly scale: readonly number[];
  /** Degrees, for each image. */
  readonly shear: readonly number[];
  /** Pixels to the right, and down, for each image. */
  readonly right: readonly number[];
  readonly down: readonly number[];
}

/**
 * Shears, scales, rotates and shifts each image about its middle, in this order, by amounts of its own.
 *
 * Each pixel of the result looks up where it came from; that is computed on the host and gathered on the device, so
 * that every backend gives the same. There is no gradient to the images.
 *
 * @param options The range of each change; none by default.
 * @returns An augmentation: images `[n, h, w, c]` to new ones, which the caller disposes.
 * @throws RangeError if a range is reversed, a scale is not above 0, a shear reaches 90 degrees or a shift is not a part
 *   from 0 to 1.
 * @see `torchvision.transforms.RandomAffine`, https://docs.pytorch.org/vision/stable/transforms.html.
 *
 * @example
 * import { randomAffine } from '@cnnviz/regularizers';
 *
 * const turned = randomAffine({ rotate: 15, scale: [0.9, 1.1], translate: [0.1, 0.1] })(images, { seed: 0 });
 */
export function randomAffine(options: RandomAffineOptions = {}): Augmentation<AffineParameters> {
  const check = checker('@cnnviz/regularizers', 'randomAffine');
  check.options(options);
  const rotate = bothSides(check, 'rotate', options.rotate, 360);
  const shear = bothSides(check, 'shear', options.shear, 89);
  const scale = options.scale === undefined ? ([1, 1] as const) : check.range('scale', options.scale);
  check.number('scale', scale[0], { above: 0 });
  const { translate = [0, 0] } = options;
  if (!Array.isArray(translate) || translate.length !== 2) check.fail('type', 'translate', 'two numbers', translate);
  const [horizontal, vertical] = translate.map((part) => check.number('translate', part, { min: 0, max: 1 })) as [
    number,
    number,
  ];
  const interpolation = check.oneOf('interpolation', options.interpolation ?? 'bilinear', ['bilinear', 'nearest']);
  const padding = check.oneOf('padding', options.padding ?? 'zero', ['zero', 'edge', 'reflect']);

  return defineAugmentation({
    name: 'randomAffine',
    draw: (random, [count, height, width]) => {
      const within = ([min, max]: Bounds) => Array.from({ length: count }, () => min + (max - min) * random.uniform());
      return {
        rotate: within(rotate),
        scale: within(scale),
        shear: within(shear),
        right: within([-horizontal * width, horizontal * width]),
        down: within([-vertical * height, vertical * height]),
      };
    },
    apply: (images, drawn, to) => resample(images, drawn, to === 'labels' ? 'nearest' : interpolation, padding),
  });
}

function bothSides(check: Check, name: string, value: number | Bounds = 0, most: number): Bounds {
  const [min, max] =
    typeof value === 'number' ? [-check.number(name, value, { min: 0 }), value] : check.range(name, value);
  check.number(name, min, { min: -most });
  check.number(name, max, { max: most });
  return [min, max];
}

function resample(images: Tensor4D, drawn: AffineParameters, interpolation: string, padding: Padding): Tensor4D {
  const [count, height, width] = images.shape;
  const pixels = count * height * width;
  const corners = interpolation === 'nearest' ? 1 : 4;
  const sources = Array.from({ length: corners }, () => new Int32Array(pixels));
  const shares = Array.from({ length: corners }, () => new Float32Array(pixels));
  const sourceOf = (image: number, x: number, y: number): number => {
    const column = paddedPosition(x, width, padding);
    const row = paddedPosition(y, height, padding);
    return column === -1 || row === -1 ? pixels : (image * height + row) * width + column;
  };

  let next = 0;
  for (let image = 0; image < count; image++) {
    const [xx, xy, yx, yy] = inverseMatrix(drawn, image);
    for (let y = 0; y < height; y++) {
      const fromMiddleY = y - (height - 1) / 2 - drawn.down[image]!;
      for (let x = 0; x < width; x++) {
        const fromMiddleX = x - (width - 1) / 2 - drawn.right[image]!;
        const sourceX = xx * fromMiddleX + xy * fromMiddleY + (width - 1) / 2;
        const sourceY = yx * fromMiddleX + yy * fromMiddleY + (height - 1) / 2;
        if (corners === 1) {
          sources[0]![next++] = sourceOf(image, Math.round(sourceX), Math.round(sourceY));
          continue;
        }
        const [left, top] = [Math.floor(sourceX), Math.floor(sourceY)];
        const [restX, restY] = [sourceX - left, sourceY - top];
        for (let corner = 0; corner < 4; corner++) {
          const [right, below] = [corner & 1, corner >> 1];
          const share = (right ? restX : 1 - restX) * (below ? restY : 1 - restY);
          // Without a share it is the 0 outside, as 0 times an infinite pixel is NaN.
          sources[corner]![next] = share === 0 ? pixels : sourceOf(image, left + right, top + below);
          shares[corner]![next] = share;
        }
        next++;
      }
    }
  }
  const movesOf = (corner: number): PixelMoves => ({
    sources: sources[corner]!,
    size: [height, width],
    outside: padding === 'zero' || corners > 1,
  });
  if (corners === 1) return gatherPixels(images, movesOf(0));
  const parts = sources.map((_, corner) =>
    tf.mul(gatherPixels(images, movesOf(corner)), tf.tensor4d(shares[corner]!, [count, height, width, 1])),
  );
  return tf.addN(parts) as Tensor4D;
}

/**
 * From the result's distances from the middle to the image's. Forward it is R · S · H with y pointing down:
 * R = [[cos, sin], [-sin, cos]] turns counter-clockwise as seen, S scales, H = [[1, tan], [0, 1]] tilts.
 */
function inverseMatrix(drawn: AffineParameters, image: number): [xx: number, xy: number, yx: number, yy: number] {
  const angle = (drawn.rotate[image]! * Math.PI) / 180;
  const tilt = Math.tan((drawn.shear[image]! * Math.PI) / 180);
  const [cos, sin] = [Math.cos(angle) / drawn.scale[image]!, Math.sin(angle) / drawn.scale[image]!];
  return [cos - tilt * sin, -sin - tilt * cos, sin, cos];
}
