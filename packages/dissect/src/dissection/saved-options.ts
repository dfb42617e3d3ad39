import type { Check } from '@cnnviz/internal';
import type { Concept } from '../data/concepts.ts';
import type { RepeatedLabels } from '../data/label-slots.ts';
import type { Upsampling } from '../receptive-field/upsample.ts';
import type { DissectLayersOptions } from './dissect.ts';

/** The options and data that decide what a dissection finds, all set. Plain JSON. */
export interface SavedOptions {
  quantile: number;
  thresholdMemory: number;
  seed: number;
  topImages: number;
  keepImages: boolean;
  repeatedLabels: RepeatedLabels;
  upsampling: Record<string, Upsampling>;
  count: number;
  imageSize: readonly number[];
  labelSize: readonly number[];
  categories: readonly string[];
  concepts: readonly Concept[];
}

/** Those of options that were checked. */
export function savedOptions(options: DissectLayersOptions): SavedOptions {
  const { quantile = 0.995, thresholdMemory = 200e6, seed = 0, topImages = 0 } = options;
  const { keepImages = false, repeatedLabels = 'once', upsampling } = options;
  const { count, imageSize, labelSize, categories, concepts } = options.concepts;
  const parameters = { quantile, thresholdMemory, seed, topImages, keepImages, repeatedLabels, upsampling };
  const data = {
    ...{ count, imageSize, labelSize, categories },
    concepts: concepts.map(({ number, name, category }) => ({ number, name, category })),
  };
  // A copy, which stays what it is.
  return JSON.parse(JSON.stringify({ ...parameters, ...data })) as SavedOptions;
}

/**
 * Refuses to go on with what was found with other options or data.
 *
 * @param what Such as `the state`.
 */
export function requireSameOptions(check: Check, what: string, saved: SavedOptions, own: SavedOptions): void {
  if (typeof saved !== 'object' || saved === null) check.failBecause('state', `${what} is damaged: it has no options`);
  for (const name of Object.keys(own) as (keyof SavedOptions)[]) {
    if (ordered(saved[name]) !== ordered(own[name])) {
      check.failBecause('state', `${what} was saved with different ${isData.has(name) ? `data: other ${name}` : name}`);
    }
  }
}

const isData: ReadonlySet<string> = new Set(['count', 'imageSize', 'labelSize', 'categories', 'concepts']);

/** As JSON, whatever the order of the names in an object. */
function ordered(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
