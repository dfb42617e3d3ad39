import { type Check, describeValue } from './check.ts';

/** What every saved state begins with: the function or class that wrote it, and the version of its format. */
export interface SavedState<Kind extends string = string> {
  readonly kind: Kind;
  readonly version: number;
}

/**
 * Throws unless a saved state is of the expected kind and version.
 *
 * @param format Kind and version; a state is written as `{ ...format, … }`.
 * @param name The option or parameter that holds the state, as errors name it.
 * @returns The state, whose other parts are still unchecked.
 * @throws TypeError if it is no object.
 * @throws RangeError if it is of another kind or version.
 *
 * @example
 * const format = { kind: 'pgd', version: 1 } as const;
 * const saved = { ...format, step: 3 };
 * requireSavedState(check, saved, format);
 */
export function requireSavedState<State extends SavedState>(
  check: Check,
  state: State,
  format: SavedState<State['kind']>,
  name = 'resume',
): State {
  const { kind, version } = check.options(state, name) as Partial<SavedState>;
  if (kind === format.kind && version === format.version) return state;
  const expected = `expected ${format.kind}, version ${format.version}`;
  return check.failBecause('range', `cannot resume from this state: it is of ${describe(kind, version)}; ${expected}`);
}

function describe(kind: unknown, version: unknown): string {
  const name = kind === undefined ? 'no known kind' : typeof kind === 'string' ? shorten(kind) : describeValue(kind);
  return version === undefined ? name : `${name}, version ${describeValue(version)}`;
}

/** A kind is a name, which needs no quotes; what is not one is shown as a value. */
function shorten(kind: string): string {
  return /^[\w.]{1,60}$/.test(kind) ? kind : describeValue(kind);
}
