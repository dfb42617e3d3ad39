import { checker } from '@cnnviz/internal';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { type TiledBatchesOptions, tiledBatches } from './tiled-batches.ts';

/**
 * Compares several methods on the same units: a picture with a row per method and a column per unit.
 *
 * @param methods The images of each method, `[units, h, w, 1 or 3]`, in the same order of units; not modified. Values
 *   outside `bounds` are clipped.
 * @returns A picture `[height, width, 3]` in [0, 1]. The caller disposes.
 * @throws RangeError if there is no method, the methods differ in shape, or an option is outside its range.
 * @throws TypeError if an argument is of another kind.
 *
 * @example
 * import { fourier, logit, maximizeActivation, methodsGrid, pixels } from '@cnnviz/actmax';
 *
 * const image = { shape: [28, 28, 1], bounds: [0, 1] } as const;
 * const classes = { objective: logit(model, [0, 1, 2]), steps: 5, seed: 0 };
 * const smooth = await maximizeActivation({ ...classes, parameterization: fourier(image) });
 * const plain = await maximizeActivation({ ...classes, parameterization: pixels(image) });
 * const picture = methodsGrid([smooth.images, plain.images], { bounds: [0, 1] });
 * picture.shape; // [57, 86, 3]: two rows of three
 */
export function methodsGrid(methods: readonly Tensor4D[], options: TiledBatchesOptions): Tensor3D {
  return tiledBatches(checker('@cnnviz/actmax', 'methodsGrid'), 'methods', methods, options, 'row');
}
