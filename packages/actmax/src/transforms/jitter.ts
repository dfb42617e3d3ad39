import { checker } from '@cnnviz/internal';
import { type ViewTransform, viewThrough, wholeView } from './transform.ts';

/**
 * Narrows the window by some pixels, at a random place: the image seems to move.
 *
 * @param pixels How much narrower and lower it becomes, >= 0. Default: 8, as lucid.
 * @throws RangeError on use, if nothing would be left.
 *
 * @example
 * import { jitter, pad } from '@cnnviz/actmax';
 *
 * const transforms = [pad(2), jitter(4)];
 */
export function jitter(pixels = 8): ViewTransform {
  const check = checker('@cnnviz/actmax', 'jitter');
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
