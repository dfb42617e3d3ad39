import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { damagedJson, damagedText, fuzz } from '@cnnviz/testing/damaged';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { allConditions, type CriticalRun } from './experiment.ts';
import { readRuns } from './kept-runs.ts';
import { criticalSamplesChapter } from './report.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnnviz-damaged-'));
});
afterAll(() => rm(folder, { recursive: true }));

const runs = allConditions.map((condition, index): CriticalRun => {
  const csr = { radius: 0.1, ratio: 0.3, interval: [0.1, 0.5] as [number, number], critical: 3 + index, images: 20 };
  const accuracies = { trainAccuracy: 0.9, memorized: condition.noise === 0 ? null : 0.5, heldOutAccuracy: 0.6 };
  return { ...condition, seed: 0, measurements: [0, 2, 3].map((epoch) => ({ epoch, ...accuracies, csr })), seconds: 2 };
});

it('damaged files of runs are resumed or refused', async () => {
  const path = join(folder, 'runs.json');
  const read = async (text: string) => {
    await writeFile(path, text);
    const kept = await readRuns(path, 'these', { epochs: 3, every: 2 });
    if (kept.length > 0) criticalSamplesChapter(kept, 'images');
    return kept;
  };
  const file = { settings: 'these', runs };
  expect(await read(JSON.stringify(file))).toEqual(runs);
  const damaged = fc.oneof(
    damagedJson(file).map((json) => JSON.stringify(json) ?? ''),
    damagedText(JSON.stringify(file)),
  );
  await fuzz(damaged, read, ({ message }) => /^\S*runs\.json(: expected | holds runs of )/.test(message));
});

it('no file is no runs', async () => {
  expect(await readRuns(join(folder, 'none.json'), 'these', { epochs: 3, every: 2 })).toEqual([]);
});
