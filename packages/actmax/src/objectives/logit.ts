import { type Classifier, checker, warnOfProbabilities } from '@cnnviz/internal';
import type { Objective } from './objective.ts';
import { oneUnitEach } from './one-unit-each.ts';
import { requireLogits, type Units, wantedUnits } from './wanted-units.ts';

/**
 * Maximizes the logit of a class, independently of the other classes.
 *
 * @param model Images `[n, h, w, c]` to logits `[n, classes]`.
 * @param classes One class for all images, or one for each image.
 * @returns An objective for `maximizeActivation`.
 * @throws RangeError if a class is not an integer >= 0; on start, if the model has no such class.
 * @see Simonyan, Vedaldi, Zisserman, "Deep Inside Convolutional Networks", ICLR workshop 2014,
 *   https://arxiv.org/abs/1312.6034.
 *
 * @example
 * import { logit, maximizeActivation, pixels } from '@cnnviz/actmax';
 *
 * const { images: wanted } = await maximizeActivation({
 *   objective: logit(model, [0, 1, 2]),
 *   parameterization: pixels({ shape: [28, 28, 1], bounds: [0, 1] }),
 *   steps: 10,
 *   seed: 0,
 * });
 */
export function logit(model: Classifier, classes: Units): Objective {
  const check = checker('@cnnviz/actmax', 'logit');
  check.callable('model', model);
  const wanted = wantedUnits(check, 'classes', classes);
  return oneUnitEach({
    name: 'logit',
    model,
    wanted,
    valuesOf: (logits) => requireLogits(check, logits),
    observe: (logits) => warnOfProbabilities(check, model, logits),
  });
}
