import { checker, type Probe } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import type { Objective } from './objective.ts';
import { requireMaps } from './wanted-units.ts';

/**
 * The mean square of all activations of a layer: whatever the layer sees in an image already becomes more of it. Deep
 * dream, when the image is a photograph.
 *
 * @param probe Images `[n, h, w, c]` to activations `[n, h', w', units]`.
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
