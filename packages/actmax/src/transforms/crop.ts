import { checker } from '@cnnviz/internal';
import { type ViewTransform, viewThrough, wholeView } from './transform.ts';

/** Options of {@link crop}. */
export interface CropOptions {
  /** Smallest and largest share of the window's height and width that is shown, from 0 to 1. Default: [0.5, 0.95]. */
  part?: readonly [least: number, most: number];
  /** The size that the network takes. Default: the images' own. */
  size?: readonly [height: number, width: number];
}

/**
 * Shows a part of the image, of random size and at a random place, enlarged to the size that the network takes: the unit
 * has to find what it looks for at several sizes and places.
 *
 * @returns A transform for `transforms` of `maximizeActivation`.
 * @throws RangeError if an option is outside its range.
 * @see Fel et al., "Unlocking Feature Visualization for Deep Network with MAgnitude Constrained Optimization", NeurIPS 2023,
 *   https://arxiv.org/abs/2306.06805.
 *
 * @example
 * import { crop, noise } from '@cnnviz/actmax';
 *
 * const transforms = [crop({ part: [0.3, 0.8] }), noise({ deviation: 0.1 })];
 */
export function crop(options: CropOptions = {}): ViewTransform {
  const check = checker('@cnnviz/actmax', 'crop');
  check.options(options);
  const { part = [0.5, 0.95], size } = options;
  if (!Array.isArray(part) || part.length !== 2) check.fail('type', 'part', 'two numbers', part);
  const least = check.number('part[0]', part[0], { above: 0, max: 1 });
  const most = check.number('part[1]', part[1], { min: least, max: 1 });
  if (size !== undefined) check.shape('size', size, 2);
  return {
    name: 'crop',
    look: (view, random, image) => {
      const share = least + (most - least) * random.uniform();
      const [tall, wide] = [share * view.height, share * view.width];
      const [down, across] = [random.uniform() * (view.height - tall), random.uniform() * (view.width - wide)];
      const [height, width] = size ?? [image.height, image.width];
      const [xx, yy] = [wide / width, tall / height];
      // Pixels are squares whose corners meet, as in resize.
      return viewThrough(view, {
        ...wholeView(height, width),
        xx,
        x0: across + (xx - 1) / 2,
        yy,
        y0: down + (yy - 1) / 2,
      });
    },
  };
}
