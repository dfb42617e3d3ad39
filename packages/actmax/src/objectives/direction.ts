import { type Check, checker, type Probe } from '@cnnviz/internal';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Objective, PreparedObjective } from './objective.ts';
import { requireMaps } from './wanted-units.ts';

export interface DirectionOptions {
  /**
   * How much more the angle counts than the length. At each position the product is multiplied by the cosine, at least
   * 0.1, to this power, >= 0. Default: 0, as lucid.
   */
  cosinePower?: number;
}

/** Below this the cosine of an activation has no gradient worth following. */
const LEAST_COSINE = 0.1;

/**
 * Maximizes the product of the activations with a direction in the space of a layer's units, averaged over all positions:
 * a combination of units, or the vector of a concept.
 *
 * @param probe Images `[n, h, w, c]` to activations `[n, h', w', units]`.
 * @param directions One number for each unit; one such vector for all images, or one for each image.
 * @returns An objective for `maximizeActivation`.
 * @throws RangeError if `directions` is empty, not finite or zero; on start, if the layer has another number of units.
 * @see Olah, Mordvintsev, Schubert, "Feature Visualization", Distill 2017, https://doi.org/10.23915/distill.00007.
 *
 * @example
 * import { direction } from '@cnnviz/actmax';
 *
 * const objective = direction(probe, [1, 0, 0, -1, 0, 0], { cosinePower: 1 });
 */
export function direction(
  probe: Probe,
  directions: ArrayLike<number> | readonly ArrayLike<number>[],
  options: DirectionOptions = {},
): Objective {
  const check = checker('@cnnviz/actmax', 'direction');
  check.options(options);
  check.callable('probe', probe);
  const { vectors, count } = checkDirections(check, directions);
  const cosinePower = check.number('cosinePower', options.cosinePower ?? 0, { min: 0 });
  return {
    name: 'direction',
    count,
    prepare: (activations) => {
      const units = requireMaps(check, activations(probe))[2];
      if (vectors[0]!.length !== units) {
        check.fail('range', 'directions', `of ${units} numbers, one for each unit of the layer`, vectors[0]);
      }
      const along = tf.tensor4d(
        vectors.flatMap((vector) => Array.from(vector)),
        [vectors.length, 1, 1, units],
      );
      const length = tf.sqrt(tf.sum(tf.square(along), -1)) as Tensor3D;
      const score: PreparedObjective['score'] = (of) => {
        const maps = of(probe);
        const products = tf.sum(tf.mul(maps, along), -1);
        if (cosinePower === 0) return tf.mean(products, [1, 2]);
        const cosines = tf.div(products, tf.mul(lengthsOf(maps), length));
        return tf.mean(tf.mul(products, tf.pow(tf.maximum(cosines, LEAST_COSINE), cosinePower)), [1, 2]);
      };
      return { held: [along, length], score };
    },
  };
}

/** Kept off 0, where a length has no gradient. */
function lengthsOf(maps: Tensor4D): Tensor3D {
  return tf.sqrt(tf.add(tf.sum(tf.square(maps), -1), 1e-12)) as Tensor3D;
}

interface Directions {
  vectors: readonly ArrayLike<number>[];
  count: number | undefined;
}

function checkDirections(check: Check, directions: ArrayLike<number> | readonly ArrayLike<number>[]): Directions {
  const expected = 'one number for each unit, or such a vector for each image';
  if (typeof directions?.length !== 'number') check.fail('type', 'directions', expected, directions);
  if (directions.length === 0) check.fail('range', 'directions', expected, directions);
  const isOne = typeof directions[0] === 'number';
  const vectors = isOne ? [directions as ArrayLike<number>] : (directions as readonly ArrayLike<number>[]);
  for (const vector of vectors) {
    if (typeof vector?.length !== 'number') check.fail('type', 'directions', expected, directions);
    const values = Array.from(vector);
    if (values.length !== vectors[0]!.length) check.fail('range', 'directions', 'vectors of one length', directions);
    for (const value of values) check.number('directions', value);
    if (values.every((value) => value === 0)) check.fail('range', 'directions', 'other than zero', vector);
  }
  return { vectors, count: isOne ? undefined : vectors.length };
}
