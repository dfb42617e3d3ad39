import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  conceptScenes,
  type DissectionShard,
  type DissectionState,
  dissectLayers,
  dissectShard,
  mergeShards,
  writeBroden,
} from '@cnnviz/dissect';
import { sceneNetworkFolder } from '@cnnviz/example-dissect-training';
import { useBackend } from '@cnnviz/testing';
import { damagedBytes, damagedJson, damagedText, fuzz } from '@cnnviz/testing/damaged';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MergeJob, readMergeJob, readShardJob, type ShardJob, type Subject } from './jobs.ts';
import { openSubject } from './open-subject.ts';
import { portOf } from './redis-server.ts';
import { loadResult } from './results.ts';

useBackend('wasm');

const COUNT = 2;
const subject: Subject = {
  model: sceneNetworkFolder,
  preprocessing: { range: [-1, 1], mean: [0, 0, 0] },
  broden: '.',
  count: COUNT,
  layers: ['conv1'],
  topImages: 1,
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnnviz-damaged-'));
  await writeBroden(conceptScenes({ seed: 1, count: COUNT, size: 16 }), async (path, bytes) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  });
});
afterAll(() => rm(folder, { recursive: true }));

const isDocumented = ({ message }: Error) =>
  /^(@cnnviz\/(example-support|models|dissect): |a job from Redis: expected |result a in Redis: expected )/.test(
    message,
  ) ||
  /^[^\n]*: expected .*, found /s.test(message) ||
  /^[^\n]* has 2 images, and \d+ are wanted$/.test(message);

/** A result as it is in Redis, of which some of the JSON is damaged or of the bytes. */
const damagedResult = <T>(value: T) =>
  fc.oneof(
    { weight: 3, arbitrary: damagedJson(value).map((json) => gzipSync(JSON.stringify(json) ?? '')) },
    { weight: 1, arbitrary: damagedText(JSON.stringify(value)).map((text) => gzipSync(text)) },
    { weight: 1, arbitrary: damagedBytes(gzipSync(JSON.stringify(value))) },
  );
const load = <T>(packed: Uint8Array) => loadResult<T>({ getBuffer: async () => Buffer.from(packed) }, 'a');

describe('damaged', () => {
  it('jobs are done or refused', async () => {
    const job: ShardJob = { run: 'test', subject, phase: 'thresholds', images: [0, 1] };
    const before = tf.memory().numTensors;
    const work = async (data: ShardJob) => {
      const { subject, images } = readShardJob(data);
      try {
        const { options, dispose } = await openSubject(subject, folder);
        await dissectShard({ ...options, images }).finally(dispose);
      } finally {
        expect(tf.memory().numTensors).toBe(before);
      }
    };
    await work(job);
    await fuzz(damagedJson(job), work, isDocumented);
    const merge: MergeJob = { run: 'test', subject, phase: 'masks', shards: [[0, COUNT]] };
    await fuzz(
      damagedJson(merge),
      async (data) => {
        const { shards } = readMergeJob(data);
        await mergeShards([], { count: shards.at(-1)![1] });
      },
      isDocumented,
    );
  });

  it('results are joined or refused', async () => {
    const { options, dispose } = await openSubject(subject, folder);
    const first = await dissectShard({ ...options, images: [0, COUNT] });
    const thresholds = await mergeShards([first], { count: COUNT });
    const second = await dissectShard({ ...options, thresholds, images: [0, COUNT] });
    const state = await mergeShards([second], { count: COUNT, thresholds });
    await dissectLayers({ ...options, resume: await load<DissectionState>(gzipSync(JSON.stringify(state))) });

    const join = async (packed: Uint8Array, before: { thresholds?: DissectionState }) =>
      mergeShards([await load<DissectionShard>(packed)], { count: COUNT, ...before });
    await fuzz(damagedResult(first), (packed) => join(packed, {}), isDocumented);
    await fuzz(damagedResult(second), (packed) => join(packed, { thresholds }), isDocumented);
    await fuzz(
      damagedResult(thresholds),
      async (packed) => {
        const thresholds = await load<DissectionState>(packed);
        await dissectShard({ ...options, thresholds, images: [0, 1] });
        await mergeShards([second], { count: COUNT, thresholds });
      },
      isDocumented,
    );
    await fuzz(
      damagedResult(state),
      async (packed) => dissectLayers({ ...options, resume: await load<DissectionState>(packed) }),
      isDocumented,
    );
    dispose();
  });

  it('notes of a server are read or refused', async () => {
    const note = join(folder, 'server.json');
    expect(await portOf(note)).toBeUndefined();
    const read = async (text: string) => {
      await writeFile(note, text);
      return portOf(note);
    };
    expect(await read('{"port":6379}')).toBe(6379);
    await fuzz(damagedText('{"port":6379}'), read, isDocumented);
  });
});
