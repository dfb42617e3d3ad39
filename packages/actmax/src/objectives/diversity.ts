import { checker, type Probe } from '@cnnviz/internal';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Objective } from './objective.ts';
import { requireMaps } from './wanted-units.ts';

/**
 * Maximizes how much each image differs from the others of the batch, from 0 (not at all) to 1, in the texture that a layer
 * sees: 1 minus the mean cosine between its Gram matrix (products of units, summed over positions) and theirs.
 *
 * Added to another objective, it makes several images show several sides of one unit.
 *
 * @param probe Images `[n, h, w, c]` to activations `[n, h', w', units]`.
 * @returns An objective for `maximizeActivation`.
 * @throws RangeError on start, if there is only one image.
 * @see Olah, Mordvintsev, Schubert, "Feature Visualization", Distill 2017, https://doi.org/10.23915/distill.00007;
 *   lucid's `diversity`, whose sum over the others is a mean here.
 *
 * @example
 * import { channel, diversity, sum, times } from '@cnnviz/actmax';
 *
 * const objective = sum(channel(probe, 3), times(10, diversity(probe)));
 */
export function diversity(probe: Probe): Objective {
  const check = checker('@cnnviz/actmax', 'diversity');
  check.callable('probe', probe);
  return {
    name: 'diversity',
    coupled: true,
    prepare: (activations, count) => {
      const [, , units] = requireMaps(check, activations(probe));
      if (count < 2) check.fail('range', 'count', 'at least 2 images to differ from each other', count);
      const isOther = tf.tensor2d(
        Float32Array.from({ length: count * count }, (_, pair) => (pair % (count + 1) === 0 ? 0 : 1)),
        [count, count],
      );
      const score = (maps: tf.Tensor4D) => {
        const perPosition = tf.reshape(maps, [count, -1, units]);
        const grams: Tensor2D = tf.reshape(tf.matMul(perPosition, perPosition, true), [count, -1]);
        // As lucid: a layer that is silent has no direction.
        const lengths = tf.sqrt(tf.add(tf.sum(tf.square(grams), 1, true), 1e-10));
        const directions: Tensor2D = tf.div(grams, lengths);
        const cosines = tf.mul(tf.matMul(directions, directions, false, true), isOther);
        return tf.sub(1, tf.div(tf.sum(cosines, 1), count - 1)) as tf.Tensor1D;
      };
      return { held: [isOther], score: (of) => score(of(probe)) };
    },
  };
}
