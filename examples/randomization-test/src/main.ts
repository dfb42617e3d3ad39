import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  chooseBackend,
  cifar10,
  fashionMnist,
  mnist,
  progressBars,
  workspaceRoot,
  writeClaims,
  writeReport,
  writeWhole,
} from '@cnnviz/example-support';
import { randomizationClaims } from './claims.ts';
import { runExperiment, scales, stagesOf } from './experiment.ts';
import { readRuns } from './kept-runs.ts';
import { percent, randomizationChapter } from './report.ts';

const USAGE = `Trains the MLPs of Zhang et al. on true, corrupted and random labels, on shuffled and random pixels and on
noise, and writes a page that compares them.

  --quick, --full  one MLP and few conditions, or all 50,000 images (default: 2,000 images, both MLPs)
  --dataset NAME   cifar-10, fashion-mnist or mnist (default: cifar-10)
  --folder FOLDER  where its files are (default: found or downloaded, see examples/support)
  --out FOLDER     where the page and runs.json go (default: report/randomization-test); started again with the same
                   folder and options, only the runs that are missing are done
  --seed NUMBER    decides subset, labels, weights and order (default: 0)
  --backend NAME   tensorflow-gpu, tensorflow, webgpu, wasm or cpu (default: the first of them that starts)
  --help`;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    dataset: { type: 'string', default: 'cifar-10' },
    folder: { type: 'string' },
    out: { type: 'string' },
    seed: { type: 'string', default: '0' },
    backend: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const dataSets: Readonly<
  Record<
    string,
    { read: typeof cifar10 | typeof fashionMnist | typeof mnist; learningRate: { initial: number; factor: number } }
  >
> = {
  'cifar-10': { read: cifar10, learningRate: { initial: 0.01, factor: 0.95 } },
  // Gray images, more alike: at the paper's rate for CIFAR-10 the schedule ends before random labels are fitted.
  'fashion-mnist': { read: fashionMnist, learningRate: { initial: 0.03, factor: 0.98 } },
  mnist: { read: mnist, learningRate: { initial: 0.03, factor: 0.98 } },
};

if (values.help) {
  console.log(USAGE);
} else {
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`--seed must be a whole number >= 0, got ${values.seed}`);
  }
  const dataSet = dataSets[values.dataset];
  if (dataSet === undefined) {
    throw new RangeError(`--dataset must be one of ${Object.keys(dataSets).join(', ')}, got ${values.dataset}`);
  }
  const scale = scales[values.full ? 'full' : values.quick ? 'quick' : 'standard'];
  // pnpm starts this in its own folder; INIT_CWD is where the user stood.
  const from = process.env.INIT_CWD ?? '.';
  const out =
    values.out === undefined ? resolve(workspaceRoot(), 'report/randomization-test') : resolve(from, values.out);
  const backend = await chooseBackend();
  const folder = values.folder === undefined ? {} : { folder: resolve(from, values.folder) };
  const data = await (dataSet.read as typeof cifar10)(folder);

  const settings = { dataSet: data.train.name, scale: scale.name, seed };
  const kept = join(out, 'runs.json');
  const finished = await readRuns(kept, settings);
  const start = performance.now();
  await mkdir(out, { recursive: true });
  const runs = await runExperiment({
    data,
    scale,
    seed,
    learningRate: dataSet.learningRate,
    progress: progressBars({ stages: stagesOf(scale) }),
    resume: finished,
    onRun: async (run) => {
      finished.push(run);
      await writeWhole(kept, JSON.stringify({ ...settings, runs: finished }));
    },
  });
  const seconds = (performance.now() - start) / 1000;
  const page = await writeReport(out, {
    title: 'The randomization test',
    intro: [`${data.train.name}, seed ${seed}, on ${backend.name} (${backend.detail}).`],
    facts: [],
    chapters: [randomizationChapter(runs, data.train.name)],
  });
  await writeClaims(out, { claims: randomizationClaims(runs, data.train.name), backend, seconds });
  for (const run of runs) {
    const result = `training ${percent(run.trainAccuracy)}, test ${percent(run.testAccuracy)}`;
    console.log(`${run.network}, ${run.samples} images, ${run.condition}, ${run.regularizer}: ${result}`);
  }
  console.log(`Everything took ${seconds.toFixed(0)} s. Open ${page}`);
}
