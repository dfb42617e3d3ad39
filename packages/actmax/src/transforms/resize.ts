import { checker } from '@cnnviz/internal';
import { type ViewTransform, viewThrough, wholeView } from './transform.ts';

/**
 * Shows the same in a window of another size, as a network wants it. Between pixels it is bilinear, their corners aligned
 * (tfjs calls this half-pixel centers).
 *
 * @param size Height and width. Default: those of the image, before all transforms.
 *
 * @example
 * import { pad, resize } from '@cnnviz/actmax';
 *
 * const transforms = [pad(4), resize([28, 28])];
 */
export function resize(size?: readonly [height: number, width: number]): ViewTransform {
  const check = checker('@cnnviz/actmax', 'resize');
  if (size !== undefined) check.shape('size', size, 2);
  return {
    name: 'resize',
    look: (view, _random, image) => {
      const [height, width] = size ?? [image.height, image.width];
      const [xx, yy] = [view.width / width, view.height / height];
      return viewThrough(view, { ...wholeView(height, width), xx, x0: (xx - 1) / 2, yy, y0: (yy - 1) / 2 });
    },
  };
}
