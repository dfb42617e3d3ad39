import type { ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { conceptScenes, dissectLayers, writeBroden } from '@cnnviz/dissect';
import { sceneNetworkFolder } from '@cnnviz/example-dissect-training';
import { isRequired, useBackend } from '@cnnviz/testing';
import { QueueEvents } from 'bullmq';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { prefix, queues, type Subject } from './jobs.ts';
import { type OpenSubject, openSubject } from './open-subject.ts';
import { produce } from './produce.ts';
import { type RedisServer, reasonWithoutRedis, startRedis } from './redis-server.ts';
import { startWorker, stopWorker } from './worker-process.ts';

const reason = isRequired('redis') ? undefined : reasonWithoutRedis();
const COUNT = 30;
const subject: Subject = {
  model: sceneNetworkFolder,
  preprocessing: null,
  broden: '.',
  count: null,
  layers: ['conv2', 'conv4'],
  topImages: 2,
};

useBackend('wasm');

describe.skipIf(reason)(
  `a dissection by several processes${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  () => {
    let folder: string;
    let server: RedisServer;
    let opened: OpenSubject;
    let alone: string;
    let events: QueueEvents;
    const workers: ChildProcess[] = [];

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'distributed-dissect-'));
      await writeBroden(conceptScenes({ seed: 1, count: COUNT, size: 32 }), async (path, bytes) => {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), bytes);
      });
      opened = await openSubject(subject, folder);
      alone = JSON.stringify(await dissectLayers(opened.options));
      server = await startRedis(join(folder, 'redis'));
      events = new QueueEvents(queues.shards, { prefix, connection: { url: server.url, maxRetriesPerRequest: null } });
      events.on('error', () => {});
      await events.waitUntilReady();
    });

    afterAll(async () => {
      await Promise.all(workers.map(stopWorker));
      await events?.close();
      await server?.stop();
      opened?.dispose();
      if (folder !== undefined) await rm(folder, { recursive: true });
    });

    afterEach(() => {
      events.removeAllListeners('active');
      events.removeAllListeners('completed');
      events.removeAllListeners('stalled');
    });

    const workersAre = async (count: number) => {
      const missing = Array.from({ length: count - workers.length }, () =>
        startWorker({ redis: server.url, data: folder, patience: 1000, backend: 'wasm', threads: 1 }),
      );
      workers.push(...(await Promise.all(missing)));
      await Promise.all(workers.splice(count).map(stopWorker));
    };
    const run = async () => {
      const options = { redis: server.url, run: 'test', subject, options: opened.options, shardSize: 2 };
      const { dissections, cost } = await produce({ ...options, onProgress: () => {} });
      expect(cost.map(({ phase, shards }) => ({ phase, shards }))).toEqual([
        { phase: 'thresholds', shards: 15 },
        { phase: 'masks', shards: 15 },
      ]);
      return JSON.stringify(dissections);
    };
    const onceActive = (phase: string, act: () => void) => {
      let isDone = false;
      events.on('active', ({ jobId }) => {
        if (isDone || !jobId.startsWith(`test-${phase}`)) return;
        isDone = true;
        act();
      });
    };

    it.each([1, 2, 5])('gives the bytes of one process, by %i workers', async (count) => {
      await workersAre(count);
      expect(await run()).toBe(alone);
    });

    it.each(['thresholds', 'masks'])('gives them when the only worker is killed among the %s', async (phase) => {
      await workersAre(1);
      let stalled = 0;
      events.on('stalled', () => stalled++);
      let next: Promise<void> | undefined;
      onceActive(phase, () => {
        workers.pop()!.kill('SIGKILL');
        next = workersAre(1);
      });
      expect(await run()).toBe(alone);
      await next;
      expect(stalled).toBeGreaterThan(0);
    });

    it('gives them when a worker wakes up after its job was given to another', async () => {
      await workersAre(1);
      const delivered: string[] = [];
      events.on('active', ({ jobId }) => delivered.push(jobId));
      let next: Promise<void> | undefined;
      onceActive('masks', () => {
        const sleeper = workers[0]!;
        sleeper.kill('SIGSTOP');
        next = workersAre(2).then(() => {
          setTimeout(() => sleeper.kill('SIGCONT'), 500);
        });
      });
      expect(await run()).toBe(alone);
      await next;
      expect(new Set(delivered).size).toBeLessThan(delivered.length);
    });

    it('gives them when Redis is started again', async () => {
      await workersAre(2);
      let again: Promise<void> | undefined;
      onceActive('masks', () => {
        again = (async () => {
          const port = Number(new URL(server.url).port);
          await server.stop();
          server = await startRedis(join(folder, 'redis'), port);
        })();
      });
      expect(await run()).toBe(alone);
      await again;
    });

    it('names the images of a shard that cannot be read, and keeps the rest for the next start', async () => {
      await workersAre(2);
      const index = await readFile(join(folder, 'index.csv'), 'utf8');
      const image = join(folder, 'images', index.split('\n')[1 + 9]!.split(',')[0]!);
      await rename(image, `${image}.away`);
      await expect(run()).rejects.toThrow(/1 of 15 shards failed each time.*\nimages 8 to 9: .*cannot be read/s);
      await rename(`${image}.away`, image);
      const completed: string[] = [];
      events.on('completed', ({ jobId }) => completed.push(jobId));
      expect(await run()).toBe(alone);
      expect(completed.filter((id) => id.startsWith('test-thresholds'))).toEqual(['test-thresholds-8-10']);
    });

    it('says that other work has the name', async () => {
      await workersAre(0);
      const options = { redis: server.url, run: 'other', options: opened.options, shardSize: 5, onProgress: () => {} };
      const begun = produce({ ...options, subject });
      await new Promise<void>((done) => void events.once('added', () => done()));
      await expect(produce({ ...options, subject: { ...subject, topImages: 3 } })).rejects.toThrow(
        'Redis holds other work under the name other',
      );
      await workersAre(2);
      expect(JSON.stringify((await begun).dissections)).toBe(alone);
    });
  },
);
