import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { conceptScenes, dissectLayers, writeBroden } from '@cnnviz/dissect';
import { sceneNetworkFolder } from '@cnnviz/example-dissect-training';
import { isRequired, useBackend } from '@cnnviz/testing';
import { expect, it } from 'vitest';
import { openSubject } from './open-subject.ts';
import { produce } from './produce.ts';
import { reasonWithoutRedis, startRedis } from './redis-server.ts';
import { work } from './work.ts';

const reason = isRequired('redis') ? undefined : reasonWithoutRedis();
const COUNT = 6;
const subject = {
  model: sceneNetworkFolder,
  preprocessing: null,
  broden: '.',
  count: null,
  layers: ['conv4'],
  topImages: 2,
};

useBackend('wasm');

it.skipIf(reason)(
  `a dissection through a queue gives the bytes of one without${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'distributed-dissect-'));
    await writeBroden(conceptScenes({ seed: 1, count: COUNT, size: 32 }), async (path, bytes) => {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), bytes);
    });
    const { options, dispose } = await openSubject(subject, folder);
    const server = await startRedis(join(folder, 'redis'));
    const worker = await work({ redis: server.url, data: folder, patience: 30_000 });
    try {
      const seen: unknown[] = [];
      const { dissections, cost } = await produce({
        ...{ redis: server.url, run: 'test', subject, options, shardSize: 2 },
        onProgress: (progress) => void seen.push(progress),
      });
      expect(JSON.stringify(dissections)).toBe(JSON.stringify(await dissectLayers(options)));
      expect(cost.map(({ phase, shards }) => [phase, shards])).toEqual([
        ['thresholds', 3],
        ['masks', 3],
      ]);
      expect(seen.at(-1)).toEqual({ done: 2 * COUNT, total: 2 * COUNT, phase: 'masks' });
    } finally {
      await worker.close();
      await server.stop();
      dispose();
      await rm(folder, { recursive: true });
    }
  },
);
