import { type Check, checker, type Probe } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import type { Objective } from './objective.ts';
import { oneUnitEach } from './one-unit-each.ts';
import { requireMaps, type Units, wantedUnits } from './wanted-units.ts';

export interface UnitOptions {
  /** Row and column in the layer's map. Default: the middle, [h / 2, w / 2] rounded down, as lucid's `neuron`. */
  position?: readonly [row: number, column: number];
}

/**
 * Maximizes one unit at one position: the image shows the pattern that the unit detects, at the place that it sees there.
 *
 * @param probe Images `[n, h, w, c]` to activations `[n, h', w', units]`.
 * @param units One unit for all images, or one for each image.
 * @returns An objective for `maximizeActivation`.
 * @throws RangeError if a unit is not an integer >= 0; on start, if the layer has no such unit or position.
 * @see Olah, Mordvintsev, Schubert, "Feature Visualization", Distill 2017, https://doi.org/10.23915/distill.00007.
 *
 * @example
 * import { unit } from '@cnnviz/actmax';
 *
 * const objective = unit(probe, [0, 3], { position: [7, 7] });
 */
export function unit(probe: Probe, units: Units, options: UnitOptions = {}): Objective {
  const check = checker('@cnnviz/actmax', 'unit');
  check.options(options);
  check.callable('probe', probe);
  const wanted = wantedUnits(check, 'units', units);
  const position = options.position === undefined ? undefined : checkPosition(check, options.position);
  return oneUnitEach({
    name: 'unit',
    model: probe,
    wanted,
    valuesOf: (maps) => {
      const [height, width, available] = requireMaps(check, maps);
      const [row, column] = position ?? [height >> 1, width >> 1];
      if (row >= height || column >= width) {
        check.fail('range', 'position', `within the layer's map [${height}, ${width}]`, position);
      }
      return tf.reshape(tf.slice(maps, [0, row, column, 0], [-1, 1, 1, -1]), [-1, available]);
    },
  });
}

function checkPosition(check: Check, position: unknown): readonly [row: number, column: number] {
  const expected = 'two integers [row, column] >= 0';
  if (!Array.isArray(position) || position.length !== 2) return check.fail('type', 'position', expected, position);
  const [row, column] = position.map((place) => check.number('position', place, { integer: true, min: 0 }));
  return [row!, column!];
}
