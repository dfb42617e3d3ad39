import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { conceptScenes, type Dissection, dissectionReport, dissectLayers, writeBroden } from '@cnnviz/dissect';
import { layerNames, sceneNetworkFolder } from '@cnnviz/example-dissect-training';
import { dataFolder, option, runExample } from '@cnnviz/example-support';
import type { Subject } from './jobs.ts';
import { openSubject } from './open-subject.ts';
import { type Produced, produce } from './produce.ts';
import { startRedis } from './redis-server.ts';
import { work } from './work.ts';
import { startWorker, stopWorker } from './worker-process.ts';

await runExample({
  folder: 'report/distributed-dissect',
  summary:
    'Dissects a network with several processes, on this machine or on more, that share the work through a queue in Redis.',
  options: {
    workers: option.wholeNumbers(
      'LIST',
      'processes started here; given several numbers, such as 1,2,4, it tries and times each (default: one per core)',
    ),
    redis: option.text('URL', 'a Redis that keeps its data (default: redis-server is started, on a free port)'),
    data: option.path(
      'FOLDER',
      'holds models/squeezenet1.0-imagenet and mini-broden; on each machine (default: CNNVIZ_DATA; without it, a small network is dissected on rendered scenes)',
    ),
    layers: option.names('A,B,C', 'of SqueezeNet (default: fire9_concat)'),
    images: option.wholeNumber('only the first so many (default: all)'),
    shard: option.wholeNumber('images in one job', { default: 50 }),
    run: option.text(
      'NAME',
      'tells the work from other work on that Redis; with the same name an interrupted run resumes',
      { default: 'dissection' },
    ),
    check: option.flag('dissects in this process, too, and compares the bytes'),
    worker: option.flag('only does jobs, until it is stopped: on other machines, with --redis and --data'),
    patience: option.wholeNumber('milliseconds after which a worker that does not report on its job loses it', {
      default: 30_000,
    }),
  },
  writes: 'the page and the result',
  async run(values, { out, backend, progress }) {
    const { redis, patience, shard, run, images } = values;
    if (values.worker) {
      await workHere({ redis, data: values.data, patience, backend: backend.name });
      return;
    }
    await mkdir(out, { recursive: true });
    const given = values.data ?? dataFolder('.');
    const { subject, data } = given
      ? squeezeNet(given, values.layers ?? ['fire9_concat'], images ?? null)
      : await scenes(join(out, 'scenes'), images ?? 300);
    const { options, dispose } = await openSubject(subject, data);
    const { count } = options.concepts;
    const server = redis === undefined ? await startRedis(join(out, 'redis')) : { url: redis, stop: async () => {} };
    try {
      const times: Time[] = [];
      let dissections: Dissection[] = [];
      for (const number of values.workers ?? [availableParallelism()]) {
        const threads = Math.max(1, Math.floor(availableParallelism() / number));
        const settings = { redis: server.url, data, patience, threads, backend: values.backend ?? backend.name };
        const workers = await Promise.all(Array.from({ length: number }, () => startWorker(settings)));
        try {
          const begun = performance.now();
          const produced = await progress.stage(`${number} workers`, 2 * count, (update) =>
            produce({
              redis: server.url,
              run,
              subject,
              options,
              shardSize: shard,
              onProgress: ({ done, phase }) => update(done, phase),
            }),
          );
          dissections = produced.dissections;
          times.push({ workers: number, seconds: (performance.now() - begun) / 1000, cost: produced.cost });
        } finally {
          await Promise.all(workers.map(stopWorker));
        }
      }
      printTimes(times, count);
      await writeFile(join(out, 'dissections.json'), JSON.stringify(dissections));
      const page = join(out, 'index.html');
      await writeFile(
        page,
        await dissectionReport(
          dissections.map((dissection) => ({ dissection })),
          { concepts: options.concepts, title: 'What several processes found together' },
        ),
      );
      if (!values.check) return { page };
      const begun = performance.now();
      const alone = JSON.stringify(await dissectLayers(options));
      const isSame = alone === JSON.stringify(dissections);
      if (!isSame) process.exitCode = 1;
      const took = ((performance.now() - begun) / 1000).toFixed(1);
      const verdict = `${isSame ? 'the same' : 'NOT the same'}, ${alone.length} bytes`;
      return { page, lines: [`One process alone took ${took} s; its result is ${verdict}.`] };
    } finally {
      await server.stop();
      dispose();
    }
  },
});

interface Time {
  workers: number;
  seconds: number;
  cost: Produced['cost'];
}

interface Worker {
  redis: string | undefined;
  data: string | undefined;
  patience: number;
  backend: string;
}

/** Does jobs until the process is told to end. */
async function workHere({ redis, data, patience, backend }: Worker): Promise<void> {
  if (redis === undefined || data === undefined) throw new Error('--worker needs --redis and --data');
  const worker = await work({ redis, data, patience });
  console.log(`worker ${process.pid} takes jobs, on ${backend}`);
  process.send?.('ready');
  const stop = async () => {
    await worker.close();
    process.exit();
  };
  for (const end of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.once(end, stop);
}

function printTimes(times: readonly Time[], images: number): void {
  console.table(
    times.map(({ workers, seconds, cost }) => ({
      workers,
      seconds: seconds.toFixed(1),
      'images per second': (images / seconds).toFixed(2),
      ...Object.fromEntries(
        cost.map(({ phase, shards, bytes, seconds }) => [
          phase,
          `${seconds.toFixed(1)} s, ${shards} shards, ${(bytes / 1e6).toFixed(1)} MB`,
        ]),
      ),
    })),
  );
}

/** @param count The first so many images; `null` for all. */
function squeezeNet(data: string, layers: string[], count: number | null): { subject: Subject; data: string } {
  return {
    data,
    subject: {
      model: 'models/squeezenet1.0-imagenet',
      preprocessing: { range: [0, 255], mean: [122.679, 116.669, 104.007] },
      broden: 'mini-broden',
      count,
      layers,
      topImages: 5,
    },
  };
}

/** Needs no download. */
async function scenes(folder: string, count: number): Promise<{ subject: Subject; data: string }> {
  await writeBroden(conceptScenes({ seed: 2, count, size: 32 }), async (path, bytes) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  });
  const model = sceneNetworkFolder;
  return {
    data: folder,
    subject: { model, preprocessing: null, broden: '.', count, layers: [...layerNames], topImages: 5 },
  };
}
