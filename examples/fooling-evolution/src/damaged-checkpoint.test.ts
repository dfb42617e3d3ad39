import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tinyCnn, useBackend } from '@cnnviz/testing';
import { damagedJson, damagedText, fuzz } from '@cnnviz/testing/damaged';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readCheckpoint } from './checkpoint.ts';
import { evolutionClaims } from './claims.ts';
import { checkpointOf, evolveImages } from './evolve-images.ts';

useBackend('cpu');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnnviz-damaged-'));
});
afterAll(() => rm(folder, { recursive: true }));

it.each(['direct', 'cppn'] as const)('damaged checkpoints of %s are resumed or refused', async (encoding) => {
  const path = join(folder, 'checkpoint.json');
  const subject = { model: tinyCnn(), shape: [8, 8, 1], bounds: [0, 1] } as const;
  const options = { encoding, generations: 1, populationSize: 4, batchSize: 4, seed: 1, onProgress: () => {} };
  const { state, history } = await evolveImages(subject, options);
  const before = tf.memory().numTensors;
  const read = async (text: string) => {
    await writeFile(path, text);
    const resume = await readCheckpoint(path);
    try {
      const evolved = await evolveImages(subject, { ...options, resume });
      evolutionClaims('lenet', { name: 'a network', classes: ['a', 'b', 'c'] }, evolved, encoding);
    } finally {
      expect(tf.memory().numTensors).toBe(before);
    }
  };
  const whole = checkpointOf(state, history);
  const file = JSON.stringify(whole);
  await read(file);
  const damaged = fc.oneof(
    damagedJson(whole).map((json) => JSON.stringify(json) ?? ''),
    damagedJson(history).map((json) => JSON.stringify({ ...whole, history: json })),
    damagedText(file),
  );
  await fuzz(damaged, read, ({ message }) =>
    /^(\S*checkpoint\.json: expected |@cnnviz\/(genetic|internal): )/.test(message),
  );
});
