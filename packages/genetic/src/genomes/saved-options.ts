import { describeValue } from '@cnnviz/internal';

/** Options by which a run is known again, as JSON data. */
export type SavedOptions = Record<string, unknown>;

/** Those of an algorithm, and the settings of its parts by the names of these: `encoding.flipRate`. */
export function savedOptions(
  own: SavedOptions,
  parts: Readonly<Record<string, { readonly settings?: SavedOptions | undefined }>>,
): SavedOptions {
  const ofParts = Object.entries(parts).flatMap(([part, { settings = {} }]) =>
    Object.entries(settings).map(([name, value]) => [`${part}.${name}`, value]),
  );
  return { ...own, ...Object.fromEntries(ofParts) };
}

/** In words the first option that is another than the one a state was saved with; undefined where all are the same. */
export function differenceOf(saved: SavedOptions, now: SavedOptions): string | undefined {
  if (typeof saved !== 'object' || saved === null) return 'it does not say with which options it was saved';
  const name = Object.keys(now).find((option) => JSON.stringify(saved[option]) !== JSON.stringify(now[option]));
  if (name === undefined) return undefined;
  return `it was saved with ${name} ${describeValue(saved[name])}, and the option is ${describeValue(now[name])}`;
}
