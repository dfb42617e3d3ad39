import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  conceptScenes,
  type DissectionState,
  type DissectLayersOptions,
  dissectLayers,
  tallyCsv,
} from '@cnnviz/dissect';
import { useBackend } from '@cnnviz/testing';
import { damagedJson, damagedText, fuzz } from '@cnnviz/testing/damaged';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCheckpoint } from './checkpoint.ts';
import { readTallies, talliesReport } from './published-tallies.ts';

useBackend('cpu');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnnviz-damaged-'));
});
afterAll(() => rm(folder, { recursive: true }));

const options: DissectLayersOptions = {
  probe: (images) => ({ conv1: images }),
  concepts: conceptScenes({ seed: 0, count: 2, size: 16 }),
  upsampling: { conv1: 'half-pixel' },
  quantile: 0.9,
  batchSize: 1,
  topImages: 1,
};

describe('damaged files', () => {
  it('of a checkpoint are resumed from or refused', async () => {
    const path = join(folder, 'checkpoint.json');
    const settings = { '--model': '/a', '--layers': 'conv1' };
    const states: DissectionState[] = [];
    await dissectLayers({ ...options, onProgress: ({ state }) => void states.push(state()) });
    const before = tf.memory().numTensors;
    const read = async (text: string) => {
      await writeFile(path, text);
      try {
        await dissectLayers({ ...options, resume: await readCheckpoint(path, settings) });
      } finally {
        expect(tf.memory().numTensors).toBe(before);
      }
    };
    const files = states.map((state) => ({ settings, state }));
    for (const file of files) await read(JSON.stringify(file));
    const damaged = fc.oneof(
      ...files.flatMap((file) => [
        damagedJson(file).map((json) => JSON.stringify(json) ?? ''),
        damagedJson(settings).map((json) => JSON.stringify({ ...file, settings: json })),
        damagedText(JSON.stringify(file)),
      ]),
    );
    await fuzz(damaged, read, ({ message }) => /^(\S*checkpoint\.json: expected |@cnnviz\/dissect: )/.test(message));
  });

  it('of published tallies are counted or refused', async () => {
    const path = join(folder, 'conv1-result.csv');
    const [dissection] = await dissectLayers(options);
    await fuzz(damagedText(tallyCsv(dissection!)), async (text) => {
      await writeFile(path, text);
      talliesReport(await readTallies(folder));
    });
  });
});
