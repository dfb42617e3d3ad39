import { checker } from '@cnnviz/internal';
import { type ViewTransform, viewThrough, wholeView } from './transform.ts';

/** Options of {@link pad}. */
export interface PadOptions {
  /** Pixels on each side, >= 0. Default: 12, as lucid. */
  pixels?: number | undefined;
}

/**
 * Widens the window on each side, to make room for the transforms that follow: around the image it is gray.
 *
 * @returns A transform for `transforms` of `maximizeActivation`.
 * @throws RangeError if `pixels` is negative.
 * @see Olah, Mordvintsev, Schubert, "Feature Visualization", Distill 2017, https://doi.org/10.23915/distill.00007.
 *
 * @example
 * import { jitter, pad } from '@cnnviz/actmax';
 *
 * const transforms = [pad({ pixels: 2 }), jitter({ pixels: 4 })];
 */
export function pad(options: PadOptions = {}): ViewTransform {
  const check = checker('@cnnviz/actmax', 'pad');
  const { pixels = 12 } = check.options(options);
  check.number('pixels', pixels, { integer: true, min: 0 });
  return {
    name: 'pad',
    look: (view) =>
      viewThrough(view, {
        ...wholeView(view.height + 2 * pixels, view.width + 2 * pixels),
        x0: -pixels,
        y0: -pixels,
      }),
  };
}
