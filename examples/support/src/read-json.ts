import { readFile } from 'node:fs/promises';

/** @throws Error that names the file, and what was found, if it cannot be read or is no JSON. */
export async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new Error(`${path}: expected JSON, found ${(error as Error).message}`, { cause: error });
  }
}

/** Whether something that was read is a list, and each of it is what it has to be. */
export function isListOf<T>(list: readonly T[] | null | undefined, is: (each: T, index: number) => boolean): boolean {
  return Array.isArray(list) && [...list].every(is);
}
