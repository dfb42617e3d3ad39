import type { Check } from '@cnnviz/internal';
import { requireCounts, requireEpochs, requireNumbers } from '../training/require-epochs.ts';
import type { RandomizationRun } from './randomization-test.ts';

/** Throws unless they are what `randomizationTest` says of its runs. */
export function requireRuns(check: Check, runs: readonly RandomizationRun[]): readonly RandomizationRun[] {
  if (!Array.isArray(runs)) check.fail('type', 'runs', 'a list of runs', runs);
  if (runs.length === 0) check.fail('range', 'runs', 'at least one run', runs);
  for (const [index, run] of runs.entries()) {
    const of = `runs[${index}]`;
    for (const key of ['condition', 'regularizer'] as const) {
      if (typeof check.options(run, of)[key] !== 'string') check.fail('type', `${of}.${key}`, 'a string', run[key]);
    }
    requireCounts(check, of, run, ['seed', 'parameters', 'samples', 'epochs']);
    requireNumbers(check, of, run, ['corruption', 'trainLoss', 'trainAccuracy', 'testLoss', 'testAccuracy']);
    requireEpochs(check, `${of}.curve`, run.curve);
    if (run.curve.length === 0) check.fail('range', `${of}.curve`, 'at least one epoch', run.curve);
  }
  return runs;
}
