import { type Check, describeValue, isA, messageOf } from '@cnnviz/internal';

/** Returns the bytes of a file, given its path relative to a folder, with `/` between names. Rejects if there is none. */
export type ReadFile = (path: string) => Promise<Uint8Array>;

/** Writes a file, given its path relative to a folder, with `/` between names. Makes folders as needed. */
export type WriteFile = (path: string, bytes: Uint8Array) => void | Promise<void>;

/** Reads a file; `where` says what named it, such as `index.csv row 3`. */
export type ReadNamedFile = (path: string, where?: string) => Promise<Uint8Array>;

/**
 * Reads with a function of the caller's. Where that fails, or gives no bytes, the error names the file.
 *
 * @param signal Whose reason comes before any other.
 */
export function namedFileReader(check: Check, readFile: ReadFile, signal?: AbortSignal): ReadNamedFile {
  return async (path, where) => {
    const unreadable = (reason: string, cause?: unknown): Error => {
      const named = where === undefined ? path : `${path} (${where})`;
      return check.errorBecause('state', `${named} cannot be read: ${reason}`, cause);
    };
    let file: unknown;
    try {
      file = await readFile(path);
    } catch (error) {
      signal?.throwIfAborted();
      throw unreadable(messageOf(error), error);
    }
    if (isA('Uint8Array', file)) return file;
    signal?.throwIfAborted();
    throw unreadable(`expected a Uint8Array, got ${describeValue(file)}`);
  };
}

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
