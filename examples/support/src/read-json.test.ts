import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readJson } from './read-json.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'read-json-'));
});
afterAll(() => rm(folder, { recursive: true }));

const read = async (text: string) => {
  const path = join(folder, 'file.json');
  await writeFile(path, text);
  return readJson(path);
};

describe('readJson', () => {
  it.each(['{"a":[1,null]}', '[1,2]', 'null'])('gives what a file holds: %s', async (text) => {
    expect(JSON.stringify(await read(text))).toBe(text);
  });

  it.each(['{"a": [1', ''])('names a file of %j', async (text) => {
    await expect(read(text)).rejects.toThrow(/^\S+file\.json: expected JSON, found .*JSON/);
  });

  it('names a file that is not there', async () => {
    await expect(readJson(join(folder, 'none.json'))).rejects.toThrow('none.json: expected JSON, found ENOENT');
  });
});
