import { checker } from '@cnnviz/internal';
import { type ViewTransform, viewThrough, wholeView } from './transform.ts';

/** Options of {@link resize}. */
export interface ResizeOptions {
  /** Default: that of the image, before all transforms. */
  size?: readonly [height: number, width: number] | undefined;
}

/**
 * Shows the same view in a window of another size, as a network requires it. Between pixels it is bilinear, with their
 * corners aligned (tfjs calls this half-pixel centers).
 *
 * @returns A transform for `transforms` of `maximizeActivation`.
 * @throws RangeError if a size is not a whole number >= 1.
 *
 * @example
 * import { pad, resize } from '@cnnviz/actmax';
 *
 * const transforms = [pad({ pixels: 4 }), resize({ size: [28, 28] })];
 */
export function resize(options: ResizeOptions = {}): ViewTransform {
  const check = checker('@cnnviz/actmax', 'resize');
  const { size } = check.options(options);
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
