import { describeValue } from '@cnnviz/internal';

/** The options that a resumed run has to share with the saved one, as JSON data. */
export type SavedOptions = Record<string, unknown>;

/** The options of an algorithm, and the settings of its parts under the parts' names: `encoding.flipRate`. */
export function savedOptions(
  own: SavedOptions,
  parts: Readonly<Record<string, { readonly settings?: SavedOptions | undefined }>>,
): SavedOptions {
  const ofParts = Object.entries(parts).flatMap(([part, { settings = {} }]) =>
    Object.entries(settings).map(([name, value]) => [`${part}.${name}`, value]),
  );
  return { ...own, ...Object.fromEntries(ofParts) };
}

/** Names the first option that differs from the one a state was saved with; undefined where none does. */
export function differenceOf(saved: SavedOptions, now: SavedOptions): string | undefined {
  if (typeof saved !== 'object' || saved === null) return 'it does not say with which options it was saved';
  const name = Object.keys(now).find((option) => JSON.stringify(saved[option]) !== JSON.stringify(now[option]));
  if (name === undefined) return undefined;
  return `it was saved with ${name} ${describeValue(saved[name])}, but the option is ${describeValue(now[name])}`;
}
