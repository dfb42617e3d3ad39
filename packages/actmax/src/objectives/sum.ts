import { type Check, checker } from '@cnnviz/internal';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { checkedObjective } from './checked-objective.ts';
import type { Objective } from './objective.ts';

/**
 * Maximizes several objectives at once, by the sum of their scores.
 *
 * @returns An objective for `maximizeActivation`.
 * @throws RangeError if there is none, or they are for different numbers of images.
 *
 * @example
 * import { channel, layer, sum } from '@cnnviz/actmax';
 *
 * const objective = sum(channel(probe, 0), channel(probe, 3), layer(probe));
 */
export function sum(...objectives: readonly Objective[]): Objective {
  const check = checker('@cnnviz/actmax', 'sum');
  if (objectives.length === 0) check.fail('range', 'objectives', 'at least one', objectives);
  return weightedSum(
    check,
    objectives.map((objective) => ({ weight: 1, objective })),
  );
}

/**
 * Maximizes the first objective while minimizing the second, by the difference of their scores.
 *
 * @returns An objective for `maximizeActivation`.
 * @throws RangeError if they are for different numbers of images.
 *
 * @example
 * import { difference, logit } from '@cnnviz/actmax';
 *
 * const fourRatherThanNine = difference(logit(model, 4), logit(model, 9));
 */
export function difference(wanted: Objective, unwanted: Objective): Objective {
  return weightedSum(checker('@cnnviz/actmax', 'difference'), [
    { weight: 1, objective: wanted },
    { weight: -1, objective: unwanted },
  ]);
}

/**
 * Weights an objective by a factor; a negative one minimizes it.
 *
 * @returns An objective for `maximizeActivation`.
 * @throws RangeError if `factor` is not finite.
 *
 * @example
 * import { layer, logit, sum, times } from '@cnnviz/actmax';
 *
 * const objective = sum(logit(model, 4), times(-0.1, layer(probe)));
 */
export function times(factor: number, objective: Objective): Objective {
  const check = checker('@cnnviz/actmax', 'times');
  return weightedSum(check, [{ weight: check.number('factor', factor), objective }]);
}

function weightedSum(check: Check, terms: readonly { weight: number; objective: Objective }[]): Objective {
  const objectives = terms.map(({ objective }) => checkedObjective(check, objective));
  const counts = new Set(objectives.flatMap(({ count }) => count ?? []));
  if (counts.size > 1) check.fail('range', 'objectives', 'for one number of images', [...counts]);
  return {
    name: objectives.map(({ name }) => name).join(' + '),
    count: [...counts][0],
    coupled: objectives.some(({ coupled }) => coupled),
    prepare: (activations, count) => {
      const prepared = objectives.map((objective) => objective.prepare(activations, count));
      return {
        held: prepared.flatMap(({ held }) => held),
        score: (of) => tf.addN(prepared.map(({ score }, term) => tf.mul(score(of), terms[term]!.weight))) as Tensor1D,
      };
    },
  };
}
