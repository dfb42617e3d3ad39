import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cifar10, fashionMnist, option, runExample, writeWhole } from '@cnnviz/example-support';
import { criticalSampleClaims } from './claims.ts';
import { conditionName, runExperiment, type Scale, scales } from './experiment.ts';
import { readRuns } from './kept-runs.ts';
import { poolRuns } from './pool-runs.ts';
import { criticalSamplesChapter, percent } from './report.ts';

const readers = { 'fashion-mnist': fashionMnist, cifar10 };

await runExample({
  folder: 'report/critical-samples',
  summary:
    'Trains the same network on real images and labels, on random labels and on Gaussian noise, with and without dropout and critical samples, and writes a page that compares how tangled its decisions become.',
  options: {
    quick: option.flag('fewer images, epochs and hidden units'),
    data: option.oneOf(['fashion-mnist', 'cifar10'], 'fashion-mnist or cifar10', { default: 'fashion-mnist' }),
    folder: option.path('FOLDER', 'where its files are (default: found or downloaded, see examples/support)'),
    seeds: option.wholeNumbers(
      'LIST',
      'one per repetition, such as 0,1,2,3,4 (default: 0,1,2); each decides subset, labels, weights and order',
    ),
  },
  writes: 'the page and runs.json',
  resumes: true,
  stages: (values) => scaleOf(values).seeds.length,
  async run({ data: dataSet, folder, ...values }, { out, progress }) {
    const scale = scaleOf(values);
    const data = await readers[dataSet](folder === undefined ? {} : { folder });
    const { name } = data.train;
    const settings = JSON.stringify({ dataSet: name, ...scale, seeds: undefined, conditions: undefined });
    const kept = join(out, 'runs.json');
    const completed = await readRuns(kept, settings, scale);
    await mkdir(out, { recursive: true });
    const runs = await runExperiment({
      data,
      scale,
      progress,
      resume: completed,
      onRun: async (run) => {
        completed.push(run);
        await writeWhole(kept, JSON.stringify({ settings, runs: completed }));
      },
    });
    return {
      page: {
        title: 'Critical samples',
        intro: [
          `How close are a network's decisions to the images? The study of [Arpit et al. 2017](https://arxiv.org/abs/1706.05394), with ${scale.trainImages} training images of ${name}.`,
        ],
        chapters: [criticalSamplesChapter(runs, name)],
      },
      claims: criticalSampleClaims(runs, name),
      lines: poolRuns(runs).map((group) => {
        const { ratio, interval } = group.csr;
        const csr = `CSR ${percent(ratio)} (${percent(interval[0])} to ${percent(interval[1])})`;
        const memorized = group.last.map(({ trainAccuracy }) => percent(trainAccuracy)).join(', ');
        const heldOut = group.last.map(({ heldOutAccuracy }) => percent(heldOutAccuracy)).join(', ');
        return `${conditionName(group)}, ${group.remedy}: ${csr}, training ${memorized}, held-out ${heldOut}`;
      }),
    };
  },
});

function scaleOf({ quick, seeds }: { quick: boolean; seeds: number[] | undefined }): Scale {
  const scale = scales[quick ? 'quick' : 'standard'];
  return seeds === undefined ? scale : { ...scale, seeds };
}
