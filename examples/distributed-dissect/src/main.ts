import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { conceptScenes, type Dissection, dissectionReport, dissectLayers, writeBroden } from '@cnnviz/dissect';
import { layerNames, sceneNetworkFolder } from '@cnnviz/example-dissect-training';
import { chooseBackend, progressBars, workspaceRoot } from '@cnnviz/example-support';
import type { Subject } from './jobs.ts';
import { openSubject } from './open-subject.ts';
import { type Produced, produce } from './produce.ts';
import { startRedis } from './redis-server.ts';
import { work } from './work.ts';
import { startWorker, stopWorker } from './worker-process.ts';

const USAGE = `Dissects a network with several processes, on this machine or on more, that share the work by a queue in Redis.

  --workers LIST     processes started here; of several numbers, 1,2,4, each is tried and timed (default: one a core)
  --redis URL        a Redis that keeps what it is told (default: redis-server is started, on a free port)
  --data FOLDER      holds models/squeezenet1.0-imagenet and mini-broden; on each machine (default: CNNVIZ_DATA; without
                     it, a small network is dissected on rendered scenes)
  --layers A,B,C     of SqueezeNet (default: fire9_concat)
  --images NUMBER    the first of them (default: all)
  --shard NUMBER     images in one job (default: 50)
  --run NAME         tells the work from other work on that Redis; with the same name an interrupted run goes on
                     (default: dissection)
  --check            dissects in this process, too, and compares the bytes
  --out FOLDER       where page and result go (default: report/distributed-dissect)
  --backend NAME     tensorflow-gpu, tensorflow, webgpu, wasm or cpu (default: the first of them that starts)

  --worker           only does jobs, until it is stopped: on other machines, with --redis and --data
  --patience NUMBER  milliseconds after which a worker that says nothing of its job loses it (default: 30000)
  --help`;

const { values } = parseArgs({
  options: {
    workers: { type: 'string' },
    redis: { type: 'string' },
    data: { type: 'string' },
    layers: { type: 'string', default: 'fire9_concat' },
    images: { type: 'string' },
    shard: { type: 'string', default: '50' },
    run: { type: 'string', default: 'dissection' },
    check: { type: 'boolean', default: false },
    out: { type: 'string' },
    backend: { type: 'string' },
    worker: { type: 'boolean', default: false },
    patience: { type: 'string', default: '30000' },
    help: { type: 'boolean', default: false },
  },
});

// pnpm starts this in its own folder; INIT_CWD is where the user stood.
const from = process.env.INIT_CWD ?? '.';

if (values.help) console.log(USAGE);
else if (values.worker) await workHere();
else await main();

async function workHere(): Promise<void> {
  const { redis, data } = values;
  if (redis === undefined || data === undefined) throw new Error('--worker needs --redis and --data');
  const backend = await chooseBackend();
  const worker = await work({ redis, data: resolve(from, data), patience: wholeNumber('patience') });
  console.log(`worker ${process.pid} takes jobs, on ${backend.name}`);
  process.send?.('ready');
  const stop = async () => {
    await worker.close();
    process.exit();
  };
  for (const end of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.once(end, stop);
}

async function main(): Promise<void> {
  const numbers = (values.workers ?? String(availableParallelism())).split(',').map(Number);
  if (!numbers.every((count) => Number.isSafeInteger(count) && count >= 0)) {
    throw new RangeError(`--workers must be whole numbers, got ${values.workers}`);
  }
  const out =
    values.out === undefined ? resolve(workspaceRoot(), 'report/distributed-dissect') : resolve(from, values.out);
  await mkdir(out, { recursive: true });
  const backend = await chooseBackend();
  const given = values.data === undefined ? process.env.CNNVIZ_DATA : resolve(from, values.data);
  const { subject, data } = given ? squeezeNet(given) : await scenes(join(out, 'scenes'));
  const shardSize = wholeNumber('shard');
  const { options, dispose } = await openSubject(subject, data);
  const { count } = options.concepts;
  const { url: redis, stop } =
    values.redis === undefined ? await startRedis(join(out, 'redis')) : { url: values.redis, stop: async () => {} };
  const progress = progressBars();
  try {
    const times: { workers: number; seconds: number; cost: Produced['cost'] }[] = [];
    let dissections: Dissection[] = [];
    for (const number of numbers) {
      const patience = wholeNumber('patience');
      const threads = Math.max(1, Math.floor(availableParallelism() / number));
      const start = () => startWorker({ redis, data, patience, threads, backend: values.backend ?? backend.name });
      const workers = await Promise.all(Array.from({ length: number }, start));
      try {
        const begun = performance.now();
        const produced = await progress.stage(`${number} workers`, 2 * count, (update) =>
          produce({
            redis,
            run: values.run,
            subject,
            options,
            shardSize,
            onProgress: ({ done, phase }) => update(done, phase),
          }),
        );
        dissections = produced.dissections;
        times.push({ workers: number, seconds: (performance.now() - begun) / 1000, cost: produced.cost });
      } finally {
        await Promise.all(workers.map(stopWorker));
      }
    }
    console.table(
      times.map(({ workers, seconds, cost }) => ({
        workers,
        seconds: seconds.toFixed(1),
        'images a second': (count / seconds).toFixed(2),
        ...Object.fromEntries(
          cost.map(({ phase, shards, bytes, seconds }) => [
            phase,
            `${seconds.toFixed(1)} s, ${shards} shards, ${(bytes / 1e6).toFixed(1)} MB`,
          ]),
        ),
      })),
    );
    await writeFile(join(out, 'dissections.json'), JSON.stringify(dissections));
    const page = join(out, 'index.html');
    await writeFile(
      page,
      await dissectionReport(
        dissections.map((dissection) => ({ dissection })),
        { concepts: options.concepts, title: 'What several processes found together' },
      ),
    );
    if (values.check) {
      const begun = performance.now();
      const alone = JSON.stringify(await dissectLayers(options));
      const isSame = alone === JSON.stringify(dissections);
      console.log(
        `One process alone took ${((performance.now() - begun) / 1000).toFixed(1)} s; its result is ${isSame ? 'the same' : 'NOT the same'}, ${alone.length} bytes.`,
      );
      if (!isSame) process.exitCode = 1;
    }
    console.log(`Open ${page}`);
  } finally {
    await stop();
    dispose();
  }
}

function squeezeNet(folder: string): { subject: Subject; data: string } {
  return {
    data: resolve(folder),
    subject: {
      model: 'models/squeezenet1.0-imagenet',
      preprocessing: { range: [0, 255], mean: [122.679, 116.669, 104.007] },
      broden: 'mini-broden',
      count: values.images === undefined ? null : wholeNumber('images'),
      layers: values.layers.split(','),
      topImages: 5,
    },
  };
}

/** Needs no download. */
async function scenes(folder: string): Promise<{ subject: Subject; data: string }> {
  const count = values.images === undefined ? 300 : wholeNumber('images');
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

function wholeNumber(name: 'images' | 'shard' | 'patience'): number {
  const value = Number(values[name]);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new RangeError(`--${name} must be a whole number >= 1, got ${values[name]}`);
  }
  return value;
}
