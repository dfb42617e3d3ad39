import type { Check } from '@cnnviz/internal';
import type { ResolvedOptions } from './dissection-options.ts';
import type { DissectionSettings } from './dissection-state.ts';

/** A copy of the options that decide what is found, for a state or a shard. */
export function savedOptions(options: ResolvedOptions): DissectionSettings {
  const { quantile, thresholdMemory, seed, topImages, keepImages, repeatedLabels, chance, layers } = options;
  const { count, imageSize, labelSize, categories, concepts } = options.concepts;
  const saved: DissectionSettings = {
    ...{ quantile, thresholdMemory, seed, topImages, keepImages, repeatedLabels, chance },
    upsampling: Object.fromEntries(layers.map(({ name, upsampling }) => [name, upsampling])),
    ...{ count, imageSize, labelSize, categories },
    concepts: concepts.map(({ number, name, category }) => ({ number, name, category })),
  };
  return JSON.parse(JSON.stringify(saved)) as DissectionSettings;
}

/**
 * Throws if something was found with other options or data.
 *
 * @param what Such as `the state`.
 */
export function requireSameOptions(
  check: Check,
  what: string,
  saved: DissectionSettings,
  own: DissectionSettings,
): void {
  if (typeof saved !== 'object' || saved === null) check.failBecause('state', `${what} is damaged: it has no options`);
  for (const name of Object.keys(own) as (keyof DissectionSettings)[]) {
    if (ordered(saved[name]) !== ordered(own[name])) {
      check.failBecause('state', `${what} was saved with different ${isData.has(name) ? `data: other ${name}` : name}`);
    }
  }
}

const isData: ReadonlySet<string> = new Set(['count', 'imageSize', 'labelSize', 'categories', 'concepts']);

/** As JSON, with the names of each object in alphabetical order. */
function ordered(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
