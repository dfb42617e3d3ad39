import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DissectionState } from '@cnnviz/dissect';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnnviz-checkpoint-'));
});
afterAll(() => rm(folder, { recursive: true }));

const options = {} as DissectionState['options'];
const state: DissectionState = {
  kind: 'dissect',
  version: 1,
  phase: 'thresholds',
  images: 0,
  options,
  kinds: [],
  layers: [],
};
const settings = { model: '/a', layers: 'conv1' };

describe('a checkpoint', () => {
  it('comes back, and leaves no other file', async () => {
    const path = join(folder, 'checkpoint.json');
    await writeCheckpoint(path, { settings, state });
    await writeCheckpoint(path, { settings, state: { ...state, images: 8 } });
    expect(await readCheckpoint(path, settings)).toEqual({ ...state, images: 8 });
    expect(await readdir(folder)).toEqual(['checkpoint.json']);
  });

  it('of other settings is refused', async () => {
    const path = join(folder, 'other.json');
    await writeCheckpoint(path, { settings, state });
    await expect(readCheckpoint(path, { ...settings, layers: 'conv2' })).rejects.toThrow(
      `${path}: expected a checkpoint of this example, found one with layers conv1, not conv2`,
    );
  });

  it.each([
    ['{}', 'something else'],
    ['{"settings": null, "state": {}}', 'something else'],
    ['null', 'something else'],
    ['{"settings"', 'JSON'],
  ])('that is none is refused: %s', async (text, message) => {
    const path = join(folder, 'bad.json');
    await writeFile(path, text);
    await expect(readCheckpoint(path, settings)).rejects.toThrow(message);
  });
});
