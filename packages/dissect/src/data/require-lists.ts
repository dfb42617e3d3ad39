import type { Check } from '@cnnviz/internal';

/** Throws unless it is an object that has lists of objects, or of names, where it has to. */
export function requireLists(check: Check, name: string, value: unknown, lists: readonly string[]): void {
  const owner = check.options(value, name) as Record<string, unknown>;
  for (const key of lists) requireList(check, `${name}.${key}`, owner[key]);
}

/**
 * Throws unless it is a list of objects, or of names.
 *
 * @param expected As the error says it: `a list of dissections by step`.
 */
export function requireList(check: Check, name: string, list: unknown, expected = 'a list'): void {
  if (!Array.isArray(list)) check.fail('type', name, expected, list);
  // By index, so that holes are looked at, too.
  for (let index = 0; index < list.length; index++) {
    const each: unknown = list[index];
    const isThing = typeof each === 'string' || (typeof each === 'object' && each !== null);
    if (!isThing) check.fail('type', `${name}[${index}]`, 'an object or a name', each);
  }
}
