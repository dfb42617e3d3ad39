import { checker } from '@cnnviz/internal';
import { type ViewTransform, viewThrough, wholeView } from './transform.ts';

/** Options of {@link jitter}. */
export interface JitterOptions {
  /** How much narrower and lower the window becomes, >= 0. Default: 8, as lucid. */
  pixels?: number | undefined;
}

/**
 * Narrows the window by some pixels, at a random place, so that the image seems to move.
 *
 * @returns A transform for `transforms` of `maximizeActivation`.
 * @throws RangeError if `pixels` is negative, or on use, if nothing would be left.
 * @see Olah, Mordvintsev, Schubert, "Feature Visualization", Distill 2017, https://doi.org/10.23915/distill.00007.
 *
 * @example
 * import { jitter, pad } from '@cnnviz/actmax';
 *
 * const transforms = [pad({ pixels: 2 }), jitter({ pixels: 4 })];
 */
export function jitter(options: JitterOptions = {}): ViewTransform {
  const check = checker('@cnnviz/actmax', 'jitter');
  const { pixels = 8 } = check.options(options);
  check.number('pixels', pixels, { integer: true, min: 0 });
  return {
    name: 'jitter',
    look: (view, random) => {
      const size = Math.min(view.height, view.width);
      if (pixels >= size) check.fail('range', 'pixels', `less than the images' ${size}`, pixels);
      const window = wholeView(view.height - pixels, view.width - pixels);
      return viewThrough(view, { ...window, x0: random.integer(pixels + 1), y0: random.integer(pixels + 1) });
    },
  };
}
