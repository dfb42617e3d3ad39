import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { agreementOf, type Claim, type ClaimsFile, writeClaims } from './claims.ts';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

describe('writeClaims', () => {
  it('writes the claims with what they were measured with', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'claims-'));
    folders.push(parent);
    const claims: Claim[] = [
      { claim: 'a', source: 'b', theirs: 'c', ours: 'd', on: 'e', seeds: 2, agrees: agreementOf([true, false]) },
    ];
    const folder = join(parent, 'page');
    await writeClaims(folder, { claims, backend: { name: 'wasm', detail: '2 threads' }, seconds: 1.6 });
    const file = JSON.parse(await readFile(join(folder, 'claims.json'), 'utf8')) as ClaimsFile;
    expect(file).toMatchObject({ claims, backend: 'wasm (2 threads)', seconds: 2, node: process.versions.node });
    expect(file.tfjs).toMatch(/^4\./);
    expect(file.commit).toMatch(/^([0-9a-f]{9,}( with changes)?|unknown)$/);
  });
});

describe('agreementOf', () => {
  it('is yes only if all parts hold, and no if none does', () => {
    expect([[true, true], [true, false], [false]].map(agreementOf)).toEqual(['yes', 'in part', 'no']);
  });
});
