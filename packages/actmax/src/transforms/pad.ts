import { checker } from '@cnnviz/internal';
import { type ViewTransform, viewThrough, wholeView } from './transform.ts';

/**
 * Widens the window on each side, so that what comes next has room: around the image it is gray.
 *
 * @param pixels >= 0. Default: 12, as lucid.
 *
 * @example
 * import { jitter, pad } from '@cnnviz/actmax';
 *
 * const transforms = [pad(2), jitter(4)];
 */
export function pad(pixels = 12): ViewTransform {
  checker('@cnnviz/actmax', 'pad').number('pixels', pixels, { integer: true, min: 0 });
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
