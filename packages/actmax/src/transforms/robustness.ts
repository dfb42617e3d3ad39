import { checker } from '@cnnviz/internal';
import { jitter } from './jitter.ts';
import { pad } from './pad.ts';
import { resize } from './resize.ts';
import { rotate } from './rotate.ts';
import { scale } from './scale.ts';
import type { ViewTransform } from './transform.ts';

export interface RobustnessOptions {
  /** Pixels on each side. Default: 12. */
  pad?: number;
  /** Pixels, before scale and rotation and after them. Default: [8, 4]. */
  jitter?: readonly [before: number, after: number];
  /** Default: 0.9 to 1.1 in steps of 0.02. */
  scale?: readonly number[];
  /** Degrees. Default: -10 to 10 in steps of 1, 0 six times as often. */
  rotate?: readonly number[];
  /** The size that the network takes. Default: the images' own. */
  size?: readonly [height: number, width: number];
}

/**
 * lucid's transforms with its defaults, meant for images of some 200 pixels: `pad`, `jitter`, `scale`, `rotate`, `jitter`;
 * and a `resize` at the end, for networks that take only one size. Images that survive them are not noise that depends on
 * the place of each pixel.
 *
 * All of them together are one bilinear interpolation of the image.
 *
 * @returns A list for `transforms` of `maximizeActivation`.
 * @throws RangeError if an option is outside its range.
 * @see Olah, Mordvintsev, Schubert, "Feature Visualization", Distill 2017, https://doi.org/10.23915/distill.00007;
 *   `standard_transforms` of lucid.
 *
 * @example
 * import { robustness } from '@cnnviz/actmax';
 *
 * const transforms = robustness({ pad: 4, jitter: [2, 1] });
 */
export function robustness(options: RobustnessOptions = {}): ViewTransform[] {
  const check = checker('@cnnviz/actmax', 'robustness');
  check.options(options);
  const pixels = options.jitter ?? [8, 4];
  if (!Array.isArray(pixels) || pixels.length !== 2)
    check.fail('type', 'jitter', 'two numbers [before, after]', pixels);
  const [before, after] = pixels.map((most: number) => check.number('jitter', most, { integer: true, min: 0 }));
  return [
    pad({ pixels: options.pad }),
    jitter({ pixels: before }),
    scale({ factors: options.scale }),
    rotate({ degrees: options.rotate }),
    jitter({ pixels: after }),
    resize({ size: options.size }),
  ];
}
