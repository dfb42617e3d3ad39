import type { Normalization } from '@cnnviz/internal';
import { checker, normalizeImages } from '@cnnviz/internal';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {
  checkGrid,
  checkNormalization,
  checkRowsAndColumns,
  type GridOptions,
  gridOfTiles,
} from '../pictures/tile-layout.ts';

/** Options of `filterGrid`. `columns` and `rows` apply to `color` tiles; with `channels`, each filter is one row. */
export interface FilterGridOptions extends GridOptions {
  /**
   * How weights become brightness. `global`: from the smallest to the largest weight of all filters, so that weak filters
   * look gray. `each`: from the smallest to the largest weight of each filter, so that the structure of weak filters shows.
   * `zero-centered`: 0.5 + w / (2 max|w|) over all filters, so that mid gray is zero. Weights without a range, such as those of
   * a constant filter with `each`, become 0.5, and so do weights that are not finite. Filters and channels that are not shown
   * count too. Default: `global`.
   */
  normalization?: Normalization;
  /**
   * `color`: one tile per filter, in color for 3 input channels and gray for 1. `channels`: a row of gray tiles per filter, one
   * for each input channel. Default: `color` for 1 or 3 input channels, else `channels`.
   */
  tiles?: 'color' | 'channels';
  /** Number of filters shown, from the first. Default: all for color tiles, else 32. */
  maxFilters?: number;
  /** Number of input channels shown with `tiles: 'channels'`, from the first. Default: 32. */
  maxChannels?: number;
}

/**
 * Draws the filters of a convolution as a picture.
 *
 * The first layer of a network on RGB images gives one color tile per filter. Deeper layers have no colors: each filter is a
 * row of gray tiles, one for each input channel.
 *
 * Two common conventions, reproduced pixel by pixel: torchvision's `make_grid(normalize=True)` is `{ padding: 2, border: 'around',
 * background: 0, columns: 8 }`; Caffe's `vis_square` is `{ padding: 1, border: 'after' }` with `rows` equal to the
 * columns.
 *
 * @param filters The weights of the layer as tfjs keeps them, `[h, w, in, out]`; not modified.
 * @returns A picture `[height, width, 3]` in [0, 1]. The caller disposes.
 * @throws RangeError if an option is outside its range, or `tiles` are in `color` with neither 1 nor 3 input channels.
 * @throws TypeError if an argument is of another kind.
 * @see Krizhevsky, Sutskever, Hinton, "ImageNet Classification with Deep Convolutional Neural Networks", NIPS 2012,
 *   https://papers.nips.cc/paper/2012/hash/c399862d3b9d6b76c8436e924a68c45b-Abstract.html, figure 3.
 *
 * @example
 * import { filterGrid } from '@cnnviz/dissect';
 *
 * const picture = filterGrid(filters, { normalization: 'zero-centered', scale: 4 });
 */
export function filterGrid(filters: Tensor4D, options: FilterGridOptions = {}): Tensor3D {
  const check = checker('@cnnviz/dissect', 'filterGrid');
  check.options(options);
  check.tensor('filters', filters, { rank: 4, dtype: 'float32' });
  const [height, width, channels, count] = filters.shape;
  if (filters.size === 0) check.fail('range', 'filters', 'weights [h, w, in, out] with no size of 0', filters);
  const hasColors = channels === 1 || channels === 3;
  const tiles = check.oneOf('tiles', options.tiles ?? (hasColors ? 'color' : 'channels'), ['color', 'channels']);
  if (tiles === 'color' && !hasColors) {
    check.fail('range', 'tiles', '"channels" for filters of neither 1 nor 3 input channels', tiles);
  }
  const isColor = tiles === 'color';
  const limit = { integer: true, min: 1 };
  const shownFilters = Math.min(count, check.number('maxFilters', options.maxFilters ?? (isColor ? count : 32), limit));
  const maxChannels = check.number('maxChannels', options.maxChannels ?? 32, limit);
  const shownChannels = isColor ? channels : Math.min(channels, maxChannels);
  const normalization = checkNormalization(check, options.normalization);
  const layout = {
    ...checkGrid(check, options),
    ...(isColor ? checkRowsAndColumns(check, shownFilters, options) : { columns: shownChannels }),
  };
  return tf.tidy(() => {
    const images = tf.transpose(filters, [3, 0, 1, 2]) as Tensor4D;
    const normalized = normalizeImages(images, normalization);
    const shown = tf.slice(normalized, 0, [shownFilters, height, width, shownChannels]);
    return gridOfTiles(isColor ? shown : oneTilePerChannel(shown), layout);
  });
}

/** `[n, h, w, c]` to `[n * c, h, w, 1]`, the channels of an image next to each other. */
function oneTilePerChannel(images: Tensor4D): Tensor4D {
  const [count, height, width, channels] = images.shape;
  return tf.reshape(tf.transpose(images, [0, 3, 1, 2]), [count * channels, height, width, 1]);
}
