import { checker, type Probe } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import type { Objective } from './objective.ts';
import { oneUnitEach } from './one-unit-each.ts';
import { requireMaps, type Units, wantedUnits } from './wanted-units.ts';

/**
 * Maximizes the mean of a unit over all positions, which fills the image with the patterns that the unit detects.
 *
 * @param probe Images `[n, h, w, c]` to activations `[n, h', w', units]`.
 * @param units One unit for all images, or one for each image.
 * @returns An objective for `maximizeActivation`.
 * @throws RangeError if a unit is not an integer >= 0; on start, if the layer has no such unit.
 * @see Olah, Mordvintsev, Schubert, "Feature Visualization", Distill 2017, https://doi.org/10.23915/distill.00007.
 *
 * @example
 * import { channel } from '@cnnviz/actmax';
 *
 * const objective = channel(probe, [0, 1, 2, 3, 4, 5]);
 */
export function channel(probe: Probe, units: Units): Objective {
  const check = checker('@cnnviz/actmax', 'channel');
  check.callable('probe', probe);
  const wanted = wantedUnits(check, 'units', units);
  return oneUnitEach({
    name: 'channel',
    model: probe,
    wanted,
    valuesOf: (maps) => {
      requireMaps(check, maps);
      return tf.mean(maps, [1, 2]);
    },
  });
}
