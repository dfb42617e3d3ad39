import type { Check } from '@cnnviz/internal';

/** The bytes of a file of a folder, by its path relative to it, `/` between names. Rejects where there is none. */
export type ReadFile = (path: string) => Promise<Uint8Array>;

/** Writes a file of a folder, by its path relative to it, `/` between names; makes the folders on the way. */
export type WriteFile = (path: string, bytes: Uint8Array) => void | Promise<void>;

/**
 * A path that a file names, if it stays inside the folder: relative, without `..`, backslashes or a drive.
 *
 * @param where What named it, such as `index.csv row 3`.
 */
export function checkPath(check: Check, where: string, path: unknown): string {
  const isInside = typeof path === 'string' && path !== '' && !/[\\:\0]/.test(path) && !path.split('/').some(isNoName);
  return isInside ? path : check.fail('range', where, 'a path inside the folder', path);
}

const isNoName = (name: string) => name === '' || name === '.' || name === '..';
