import { whereRows } from '@cnnviz/internal';
import type { AscentSettings } from './ascent-options.ts';
import type { AscentRun } from './ascent-state.ts';
import type { Score } from './failing-images.ts';

/** Keeps the variables of each image that is better than ever; of a coupled objective, all or none. */
export function keepBest({ objective }: AscentSettings, run: AscentRun, scores: readonly Score[]): void {
  const { best, failures } = run;
  const total = (values: readonly number[]) =>
    values.reduce((sum, value, image) => (failures[image] ? sum : sum + value), 0);
  const values = scores.map(({ value }) => value);
  const isBetterTogether = objective.coupled ? total(values) > total(best.values) : undefined;
  const isBetter = values.map(
    (value, image) => failures[image] === undefined && (isBetterTogether ?? value > best.values[image]!),
  );
  if (!isBetter.some(Boolean)) return;
  const choose = (chosen: readonly number[], others: readonly number[]) =>
    isBetter.map((isChosen, image) => (isChosen ? chosen : others)[image]!);
  const variables = whereRows(isBetter, run.variables, best.variables);
  best.variables.dispose();
  run.best = {
    variables,
    values: choose(values, best.values),
    activations: choose(
      scores.map(({ activation }) => activation),
      best.activations,
    ),
    steps: choose(Array(scores.length).fill(run.step), best.steps),
  };
}
