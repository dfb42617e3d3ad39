import { checker, type Probe } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import type { Objective } from './objective.ts';
import { requireMaps } from './wanted-units.ts';

/**
 * Maximizes the mean square of all activations of a layer, which amplifies whatever the layer already sees in an image.
 * Starting from a photograph, this is deep dream.
 *
 * @param probe Images `[n, h, w, c]` to activations `[n, h', w', units]`.
 * @returns An objective for `maximizeActivation`.
 * @throws TypeError if `probe` is not a function; on start, if its output is not `[n, h, w, units]`.
 * @see Mordvintsev, Olah, Tyka, "Inceptionism: Going Deeper into Neural Networks", 2015,
 *   https://research.google/blog/inceptionism-going-deeper-into-neural-networks/.
 *
 * @example
 * import { layer, maximizeActivation, pixels } from '@cnnviz/actmax';
 *
 * const { images: dreams } = await maximizeActivation({
 *   objective: layer(probe),
 *   parameterization: pixels({ shape: [28, 28, 1], bounds: [0, 1], from: images }),
 *   count: 4,
 *   steps: 10,
 *   seed: 0,
 * });
 */
export function layer(probe: Probe): Objective {
  const check = checker('@cnnviz/actmax', 'layer');
  check.callable('probe', probe);
  return {
    name: 'layer',
    prepare: (activations) => {
      requireMaps(check, activations(probe));
      return { held: [], score: (of) => tf.mean(tf.square(of(probe)), [1, 2, 3]) };
    },
  };
}
