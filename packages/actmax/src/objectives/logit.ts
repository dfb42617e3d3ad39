import { type Classifier, checker, warnOfProbabilities } from '@cnnviz/internal';
import type { Objective } from './objective.ts';
import { oneUnitEach } from './one-unit-each.ts';
import { requireLogits, type Units, wantedUnits } from './wanted-units.ts';

/**
 * The logit of a class: what a class is to the network by itself, whatever the other classes say.
 *
 * @param model Images `[n, h, w, c]` to logits `[n, classes]`.
 * @param classes One class for all images, or one for each image.
 * @throws RangeError if a class is not an integer >= 0; on start, if the model has no such class.
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
