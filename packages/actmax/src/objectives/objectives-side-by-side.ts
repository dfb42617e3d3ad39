import type { Check } from '@cnnviz/internal';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { checkedObjective } from './checked-objective.ts';
import { type Activations, type Objective, rememberedActivations } from './objective.ts';

/** One objective of several, which take the images of a batch one after the other; each model still runs once. */
export function objectivesSideBySide(check: Check, given: readonly Objective[]): Objective {
  if (given.length === 0) check.fail('range', 'objective', 'at least one objective', given);
  const objectives = given.map((objective) => checkedObjective(check, objective));
  if (objectives.length === 1) return objectives[0]!;
  const counts = objectives.map(({ count }) => count ?? 1);
  const firsts = counts.map((_, index) => counts.slice(0, index).reduce((total, count) => total + count, 0));
  return {
    name: objectives.map(({ name }) => name).join(', '),
    count: counts.reduce((total, count) => total + count),
    coupled: objectives.some(({ coupled }) => coupled),
    prepare: (activations) => {
      const prepared = objectives.map((objective, index) =>
        objective.prepare(rowsOf(activations, firsts[index]!, counts[index]!), counts[index]!),
      );
      return {
        held: prepared.flatMap(({ held }) => held),
        score: (of) =>
          tf.concat(prepared.map(({ score }, index) => score(rowsOf(of, firsts[index]!, counts[index]!)))) as Tensor1D,
      };
    },
  };
}

function rowsOf(activations: Activations, first: number, count: number): Activations {
  return rememberedActivations((model) => tf.slice(activations(model), first, count));
}
