import type { Check } from '@cnnviz/internal';
import type { EpochRecord } from './train-options.ts';

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

export function requireCounts<K extends string>(
  check: Check,
  of: string,
  record: Record<K, number>,
  keys: readonly K[],
): void {
  for (const key of keys) check.number(`${of}.${key}`, record[key], { integer: true, min: 0 });
}

/** A loss may be NaN or infinite. */
export function requireNumbers<K extends string>(
  check: Check,
  of: string,
  record: Partial<Record<K, number>>,
  keys: readonly K[],
): void {
  for (const key of keys) {
    if (typeof record[key] !== 'number') check.fail('type', `${of}.${key}`, 'a number', record[key]);
  }
}
