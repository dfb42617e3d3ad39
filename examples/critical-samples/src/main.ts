import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  chooseBackend,
  cifar10,
  fashionMnist,
  progressBars,
  workspaceRoot,
  writeClaims,
  writeReport,
  writeWhole,
} from '@cnnviz/example-support';
import { criticalSampleClaims } from './claims.ts';
import { conditionName, runExperiment, type Scale, scales } from './experiment.ts';
import { readRuns } from './kept-runs.ts';
import { poolRuns } from './pool-runs.ts';
import { criticalSamplesChapter, percent } from './report.ts';

const USAGE = `Trains the same network on real images and labels, on random labels and on Gaussian noise, with and without
dropout and critical samples, and writes a page that compares how tangled its decisions become.

  --quick          fewer images, epochs and hidden units
  --data NAME      fashion-mnist or cifar10 (default: fashion-mnist)
  --folder FOLDER  where its files are (default: found or downloaded, see examples/support)
  --out FOLDER     where the page and runs.json go (default: report/critical-samples); started again with the same folder
                   and options, only the runs that are missing are done
  --seeds LIST     of repetitions, such as 0,1,2,3,4 (default: 0,1,2); each decides subset, labels, weights and order
  --backend NAME   tensorflow-gpu, tensorflow, webgpu, wasm or cpu (default: the first of them that starts)
  --help`;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    data: { type: 'string', default: 'fashion-mnist' },
    folder: { type: 'string' },
    out: { type: 'string' },
    seeds: { type: 'string' },
    backend: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const readers: Readonly<Record<string, typeof cifar10 | typeof fashionMnist>> = {
  'fashion-mnist': fashionMnist,
  cifar10,
};

if (values.help) {
  console.log(USAGE);
} else {
  const read = readers[values.data];
  if (read === undefined) {
    throw new RangeError(`--data must be one of ${Object.keys(readers).join(', ')}, got ${values.data}`);
  }
  const scale = scaleOf(values);
  // pnpm starts this in its own folder; INIT_CWD is where the user stood.
  const from = process.env.INIT_CWD ?? '.';
  const out =
    values.out === undefined ? resolve(workspaceRoot(), 'report/critical-samples') : resolve(from, values.out);
  const backend = await chooseBackend();
  const folder = values.folder === undefined ? {} : { folder: resolve(from, values.folder) };
  const data = await (read as typeof fashionMnist)(folder);

  const settings = JSON.stringify({ dataSet: data.train.name, ...scale, seeds: undefined, conditions: undefined });
  const kept = join(out, 'runs.json');
  const completed = await readRuns(kept, settings, scale);
  const start = performance.now();
  await mkdir(out, { recursive: true });
  const runs = await runExperiment({
    data,
    scale,
    progress: progressBars({ stages: scale.seeds.length }),
    resume: completed,
    onRun: async (run) => {
      completed.push(run);
      await writeWhole(kept, JSON.stringify({ settings, runs: completed }));
    },
  });
  const seconds = (performance.now() - start) / 1000;
  const page = await writeReport(out, {
    title: 'Critical samples',
    intro: [`${data.train.name}, ${scale.trainImages} training images, on ${backend.name} (${backend.detail}).`],
    facts: [],
    chapters: [criticalSamplesChapter(runs, data.train.name)],
  });
  await writeClaims(out, { claims: criticalSampleClaims(runs, data.train.name), backend, seconds });
  for (const group of poolRuns(runs)) {
    const [low, high] = group.csr.interval;
    const memorized = group.last.map(({ trainAccuracy }) => percent(trainAccuracy)).join(', ');
    const heldOut = group.last.map(({ heldOutAccuracy }) => percent(heldOutAccuracy)).join(', ');
    console.log(
      `${conditionName(group)}, ${group.remedy}: CSR ${percent(group.csr.ratio)} (${percent(low)} to ${percent(high)}), training ${memorized}, held-out ${heldOut}`,
    );
  }
  console.log(`Everything took ${seconds.toFixed(0)} s. Open ${page}`);
}

function scaleOf({ quick, seeds }: { quick: boolean; seeds?: string | undefined }): Scale {
  const scale = scales[quick ? 'quick' : 'standard'];
  if (seeds === undefined) return scale;
  const list = seeds.split(',').map(Number);
  if (!list.every((seed) => Number.isSafeInteger(seed) && seed >= 0)) {
    throw new RangeError(`--seeds must be whole numbers >= 0 with commas between them, got ${seeds}`);
  }
  return { ...scale, seeds: list };
}
