import { readFile } from 'node:fs/promises';

/**
 * What a JSON file holds: an object.
 *
 * @throws Error that names the file and what was found in it, if that is something else.
 */
export async function readJson(path: string): Promise<Record<string, unknown>> {
  const fail = (found: string): never => {
    throw new Error(`${path}: expected a JSON object, found ${found}`);
  };
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    return fail((error as Error).message);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return fail(JSON.stringify(value).slice(0, 40));
  return value as Record<string, unknown>;
}
