import { readFile } from 'node:fs/promises';

/** @throws Error that names the file, and what was found, if it cannot be read or is no JSON. */
export async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new Error(`${path}: expected JSON, found ${(error as Error).message}`, { cause: error });
  }
}
