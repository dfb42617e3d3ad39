import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { damagedText, fuzz } from '@cnnviz/testing/damaged';
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
  it('gives the object of a file', async () => {
    expect(await read('{"a": [1, null]}')).toEqual({ a: [1, null] });
  });

  it.each([
    ['{"a": [1', 'JSON'],
    ['', 'JSON'],
    ['null', 'found null'],
    ['[1, 2]', 'found [1,2]'],
    ['"text"', 'found "text"'],
  ])('names a file of %s', async (text, found) => {
    await expect(read(text)).rejects.toThrow(`${join(folder, 'file.json')}: expected a JSON object, found `);
    await expect(read(text)).rejects.toThrow(found);
  });

  it('names a file that is not there', async () => {
    await expect(readJson(join(folder, 'none.json'))).rejects.toThrow(
      'none.json: expected a JSON object, found ENOENT',
    );
  });

  it('reads damaged files or refuses them', async () => {
    const isDocumented = ({ message }: Error) =>
      message.startsWith(`${folder}/file.json: expected a JSON object, found `);
    await fuzz(damagedText('{"settings": {"layers": "conv1"}, "runs": [1, 2, {"seed": 3}]}'), read, isDocumented);
  });
});
