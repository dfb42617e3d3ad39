import { type Classifier, checker, warnOfProbabilities } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import type { Objective } from './objective.ts';
import { oneUnitEach } from './one-unit-each.ts';
import { requireLogits, type Units, wantedUnits } from './wanted-units.ts';

/**
 * Maximizes the softmax probability of a class, from 0 to 1, which also lowers every other class.
 *
 * Its gradient vanishes where the network is certain of this class or of another. That of its logarithm does not vanish
 * near 0, so that `logProbability` improves from any start.
 *
 * @param model Images `[n, h, w, c]` to logits `[n, classes]`, not probabilities.
 * @param classes One class for all images, or one for each image.
 * @returns An objective for `maximizeActivation`.
 * @throws RangeError if a class is not an integer >= 0; on start, if the model has no such class.
 * @see Simonyan, Vedaldi, Zisserman, "Deep Inside Convolutional Networks", ICLR workshop 2014,
 *   https://arxiv.org/abs/1312.6034.
 *
 * @example
 * import { probability } from '@cnnviz/actmax';
 *
 * const objective = probability(model, [0, 1, 2]);
 */
export function probability(model: Classifier, classes: Units): Objective {
  return ofSoftmax('probability', model, classes, (logits) => tf.softmax(logits));
}

/**
 * Maximizes the natural logarithm of the softmax probability of a class, which is <= 0.
 *
 * @param model Images `[n, h, w, c]` to logits `[n, classes]`, not probabilities.
 * @param classes One class for all images, or one for each image.
 * @returns An objective for `maximizeActivation`.
 * @throws RangeError if a class is not an integer >= 0; on start, if the model has no such class.
 * @see Simonyan, Vedaldi, Zisserman, "Deep Inside Convolutional Networks", ICLR workshop 2014,
 *   https://arxiv.org/abs/1312.6034.
 *
 * @example
 * import { logProbability } from '@cnnviz/actmax';
 *
 * const objective = logProbability(model, [0, 1, 2]);
 */
export function logProbability(model: Classifier, classes: Units): Objective {
  return ofSoftmax('logProbability', model, classes, (logits) => tf.logSoftmax(logits));
}

function ofSoftmax(
  name: string,
  model: Classifier,
  classes: Units,
  softmax: (logits: tf.Tensor2D) => tf.Tensor2D,
): Objective {
  const check = checker('@cnnviz/actmax', name);
  check.callable('model', model);
  const wanted = wantedUnits(check, 'classes', classes);
  return oneUnitEach({
    name,
    model,
    wanted,
    valuesOf: (output) => {
      const logits = requireLogits(check, output);
      const available = logits.shape[1];
      if (available < 2) check.fail('type', 'model', 'a function from images to logits [n, 2 or more]', available);
      return softmax(logits);
    },
    observe: (logits) => warnOfProbabilities(check, model, logits),
  });
}
