import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { damagedText, fuzz } from '@cnnviz/testing/damaged';
import { afterAll, beforeAll, it } from 'vitest';
import { readJson } from './read-json.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnnviz-damaged-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('damaged files of JSON are read or refused', async () => {
  const path = join(folder, 'file.json');
  const read = async (text: string) => {
    await writeFile(path, text);
    await readJson(path);
  };
  const isDocumented = ({ message }: Error) => message.startsWith(`${path}: expected JSON, found `);
  await fuzz(damagedText('{"settings": {"layers": "conv1"}, "runs": [1, 2, {"seed": 3}]}'), read, isDocumented);
});
