import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClaimsFile, readClaims } from '@cnnviz/example-support';
import { damagedJson, damagedText, fuzz } from '@cnnviz/testing/damaged';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { experiments } from './experiments.ts';
import { reproductionPage } from './reproduction-page.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnnviz-damaged-'));
});
afterAll(() => rm(folder, { recursive: true }));

const file: ClaimsFile = {
  claims: [
    { claim: 'It falls.', source: 'figure 1', theirs: '3', ours: '2', on: 'LeNet', seeds: 3, agrees: 'in part' },
    { claim: 'It rises.', source: 'table 2', theirs: 'yes', ours: 'yes', on: 'MNIST', seeds: 1, agrees: 'yes' },
  ],
  backend: 'cpu (TensorFlow.js)',
  seconds: 12,
  memory: { resident: 3e8, wasmHeap: 1e8 },
  commit: '123456789',
  node: '24.0.0',
  tfjs: '4.22.0',
};

it('damaged files of claims are read or refused', async () => {
  const path = join(folder, 'claims.json');
  const read = async (text: string) => {
    await writeFile(path, text);
    const results = await readClaims(path);
    return reproductionPage([{ experiment: experiments[0]!, options: [], results }]);
  };
  expect(await read(JSON.stringify(file))).toContain('It falls.');
  const damaged = fc.oneof(
    damagedJson(file).map((json) => JSON.stringify(json) ?? ''),
    damagedText(JSON.stringify(file)),
  );
  await fuzz(damaged, read, ({ message }) => message.startsWith(`${path}: expected `));
});
