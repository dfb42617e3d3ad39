import type { AnyProbe, Normalization, Probe } from '@cnnviz/internal';
import { askModel, checker, normalizeImages, requireOutput } from '@cnnviz/internal';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { checkGrid, checkNormalization, checkRowsAndColumns, type GridOptions, gridOfTiles } from './tile-layout.ts';

/** Options of `activationGrid`. */
export interface ActivationGridOptions extends GridOptions {
  /**
   * How activations become brightness. `global`: from the smallest to the largest activation of all units, so that units stay
   * comparable. `each`: from the smallest to the largest of each unit, so that weak units show where they fire.
   * `zero-centered`: 0.5 + a / (2 max|a|) over all units, so that mid gray is zero. Activations without a range, such as those
   * of a silent unit with `each`, become 0.5, and so do activations that are not finite. Units that are not shown count too.
   * Default: `global`.
   */
  normalization?: Normalization;
  /** Units to show, in this order. Default: all, from the first. */
  units?: readonly number[];
}

/**
 * Draws the activations of a layer on one image: one gray tile per unit, as large as the layer's map.
 *
 * @param probe Images `[n, h, w, c]` to activations `[n, h', w', units]`, at once or later.
 * @param image `[h, w, c]`, scaled as the network expects it; not modified.
 * @returns A picture `[height, width, 3]` in [0, 1], or a promise of it if the probe answers later. The caller disposes.
 * @throws RangeError if an option is outside its range or a unit does not exist.
 * @throws TypeError if an argument or the probe's answer is of another kind.
 * @see Zeiler, Fergus, "Visualizing and understanding convolutional networks", ECCV 2014,
 *   https://arxiv.org/abs/1311.2901.
 *
 * @example
 * import { activationGrid } from '@cnnviz/dissect';
 *
 * const image = tf.zeros<tf.Rank.R3>([28, 28, 1]);
 * const picture = activationGrid(probe, image, { normalization: 'each', scale: 4 });
 */
export function activationGrid(probe: Probe, image: Tensor3D, options?: ActivationGridOptions): Tensor3D;
export function activationGrid(
  probe: AnyProbe,
  image: Tensor3D,
  options?: ActivationGridOptions,
): Tensor3D | Promise<Tensor3D>;
export function activationGrid(
  probe: AnyProbe,
  image: Tensor3D,
  options: ActivationGridOptions = {},
): Tensor3D | Promise<Tensor3D> {
  const check = checker('@cnnviz/dissect', 'activationGrid');
  check.options(options);
  check.callable('probe', probe);
  check.tensor('image', image, { rank: 3, dtype: 'float32' });
  const normalization = checkNormalization(check, options.normalization);
  const layout = checkGrid(check, options);
  const batch = () => tf.expandDims(image, 0) as Tensor4D;
  return askModel(probe, batch, (activations) => {
    requireOutput(
      check,
      'probe',
      'a function to float32 activations [1, h, w, units] of one image',
      activations,
      ({ rank, shape, size }) => rank === 4 && shape[0] === 1 && size > 0,
    );
    const count = activations.shape[3];
    const units = options.units ?? Array.from({ length: count }, (_, unit) => unit);
    if (!Array.isArray(units) || units.length === 0) check.fail('type', 'units', 'a list of units', units);
    for (const unit of units) check.number('units', unit, { integer: true, min: 0, max: count - 1 });
    const tiles = normalizeImages(tf.transpose(activations, [3, 1, 2, 0]) as Tensor4D, normalization);
    const shown = options.units === undefined ? tiles : tf.gather(tiles, tf.tensor1d([...units], 'int32'));
    return gridOfTiles(shown, { ...layout, ...checkRowsAndColumns(check, units.length, options) });
  });
}
