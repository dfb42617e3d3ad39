import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { damagedJson, damagedText, fuzz } from '@cnnviz/testing/damaged';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ExperimentRun } from './experiment.ts';
import { readRuns } from './kept-runs.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnnviz-damaged-'));
});
afterAll(() => rm(folder, { recursive: true }));

const settings = { dataSet: 'images', scale: 'quick', seed: 0 };
const run: ExperimentRun = {
  condition: 'true labels',
  corruption: 0,
  regularizer: 'none',
  seed: 0,
  parameters: 10,
  samples: 20,
  epochs: 1,
  trainLoss: 0.1,
  trainAccuracy: 0.9,
  testLoss: 0.4,
  testAccuracy: 0.5,
  curve: [{ epoch: 0, learningRate: 0.1, loss: 0.5, penalty: 0, accuracy: 0.8 }],
  network: 'MLP 1x512',
  seconds: 3,
};

it('damaged files of runs are read or refused', async () => {
  const path = join(folder, 'runs.json');
  const read = async (text: string) => {
    await writeFile(path, text);
    return readRuns(path, settings);
  };
  const file = { ...settings, runs: [run, { ...run, condition: 'random labels' }] };
  expect(await read(JSON.stringify(file))).toEqual(file.runs);
  const damaged = fc.oneof(
    damagedJson(file).map((json) => JSON.stringify(json) ?? ''),
    damagedText(JSON.stringify(file)),
  );
  await fuzz(damaged, read, ({ message }) => /^\S*runs\.json(: expected | holds runs of )/.test(message));
});

it('no file is no runs', async () => {
  expect(await readRuns(join(folder, 'none.json'), settings)).toEqual([]);
});
