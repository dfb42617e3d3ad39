import type { Check } from '@cnnviz/internal';
import type { RandomizationRun } from '../randomization/randomization-test.ts';
import type { EpochRecord } from './train.ts';

/** Throws unless it is a list of what `train` says of its epochs. */
export function requireEpochs(check: Check, name: string, history: readonly EpochRecord[]): void {
  if (!Array.isArray(history)) check.fail('type', name, 'a list of epochs', history);
  for (const [index, record] of history.entries()) {
    const of = `${name}[${index}]`;
    requireCounts(check, of, check.options(record, of), ['epoch']);
    requireNumbers(check, of, record, ['learningRate', 'loss', 'penalty', 'accuracy']);
    const validation = (['validationLoss', 'validationAccuracy'] as const).filter((key) => record[key] !== undefined);
    requireNumbers(check, of, record, validation);
  }
}

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

function requireCounts<K extends string>(
  check: Check,
  of: string,
  record: Record<K, number>,
  keys: readonly K[],
): void {
  for (const key of keys) check.number(`${of}.${key}`, record[key], { integer: true, min: 0 });
}

/** A loss may be NaN or infinite. */
function requireNumbers<K extends string>(
  check: Check,
  of: string,
  record: Partial<Record<K, number>>,
  keys: readonly K[],
): void {
  for (const key of keys) {
    if (typeof record[key] !== 'number') check.fail('type', `${of}.${key}`, 'a number', record[key]);
  }
}
