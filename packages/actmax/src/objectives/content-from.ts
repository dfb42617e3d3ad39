import { askAtOnce, checker, type Probe } from '@cnnviz/internal';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Objective } from './objective.ts';
import { requireMaps } from './wanted-units.ts';

/**
 * Maximizes how near the activations of a layer are to those of a given image: the score is minus their squared distance,
 * relative to the squared length of the wanted activations, so that 0 is the best. The result differs from the image where
 * the layer has lost information: feature inversion.
 *
 * @param probe Images `[n, h, w, c]` to activations `[n, h', w', units]`.
 * @param images `[n, h, w, c]`: one for all, or one for each image. Needed until the run has started; the caller keeps and disposes them.
 * @returns An objective for `maximizeActivation`.
 * @throws RangeError on start, if their activations are of another size than those of the run's images.
 * @see Mahendran, Vedaldi, "Understanding Deep Image Representations by Inverting Them", CVPR 2015,
 *   https://arxiv.org/abs/1412.0035.
 *
 * @example
 * import { contentFrom } from '@cnnviz/actmax';
 *
 * const objective = contentFrom(probe, images);
 */
export function contentFrom(probe: Probe, images: Tensor4D): Objective {
  const check = checker('@cnnviz/actmax', 'contentFrom');
  check.callable('probe', probe);
  check.images('images', images);
  return {
    name: 'contentFrom',
    count: images.shape[0] === 1 ? undefined : images.shape[0],
    prepare: (activations) => {
      const size = requireMaps(check, activations(probe));
      check.images('images', images);
      const wanted = askAtOnce(check, probe, images);
      if (String(requireMaps(check, wanted)) !== String(size)) {
        check.fail('range', 'images', `of a size that leads to activations [n, ${size.join(', ')}]`, wanted);
      }
      const lengths = tf.maximum(tf.sum(tf.square(wanted), [1, 2, 3]), 1e-12);
      return {
        held: [wanted, lengths],
        score: (of) => {
          const distances = tf.sum(tf.squaredDifference(of(probe), wanted), [1, 2, 3]);
          return tf.neg(tf.div(distances, lengths)) as Tensor1D;
        },
      };
    },
  };
}
