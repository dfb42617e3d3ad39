import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cifar10, fashionMnist, mnist, option, runExample, writeWhole } from '@cnnviz/example-support';
import { randomizationClaims } from './claims.ts';
import { runExperiment, scales, stagesOf } from './experiment.ts';
import { readRuns } from './kept-runs.ts';
import { percent, randomizationChapter } from './report.ts';

const dataSets = {
  'cifar-10': { read: cifar10, learningRate: { initial: 0.01, factor: 0.95 } },
  // Gray images, more alike: at the paper's rate for CIFAR-10 the schedule ends before random labels are fitted.
  'fashion-mnist': { read: fashionMnist, learningRate: { initial: 0.03, factor: 0.98 } },
  mnist: { read: () => mnist(), learningRate: { initial: 0.03, factor: 0.98 } },
};

await runExample({
  folder: 'report/randomization-test',
  summary:
    'Trains the MLPs of Zhang et al. on true, corrupted and random labels, on shuffled and random pixels and on noise, and writes a page that compares them.',
  options: {
    quick: option.flag('one MLP and few conditions (default: 2,000 images, both MLPs)'),
    full: option.flag('all 50,000 images'),
    dataset: option.oneOf(['cifar-10', 'fashion-mnist', 'mnist'], 'cifar-10, fashion-mnist or mnist', {
      default: 'cifar-10',
    }),
    folder: option.path('FOLDER', 'where its files are (default: found or downloaded, see examples/support)'),
    seed: option.seed('decides subset, labels, weights and order'),
  },
  writes: 'the page and runs.json',
  resumes: true,
  stages: (values) => stagesOf(scaleOf(values)),
  async run({ dataset, folder, seed, ...values }, { out, progress }) {
    const scale = scaleOf(values);
    const { read, learningRate } = dataSets[dataset];
    const data = await read(folder === undefined ? {} : { folder });
    const { name } = data.train;
    const settings = { dataSet: name, scale: scale.name, seed };
    const kept = join(out, 'runs.json');
    const finished = await readRuns(kept, settings);
    await mkdir(out, { recursive: true });
    const runs = await runExperiment({
      data,
      scale,
      seed,
      learningRate,
      progress,
      resume: finished,
      onRun: async (run) => {
        finished.push(run);
        await writeWhole(kept, JSON.stringify({ ...settings, runs: finished }));
      },
    });
    return {
      page: {
        title: 'The randomization test',
        intro: [
          `Can a network fit data in which there is nothing to learn? The test of [Zhang et al. 2017](https://arxiv.org/abs/1611.03530), with images of ${name}.`,
        ],
        chapters: [randomizationChapter(runs, name)],
      },
      claims: randomizationClaims(runs, name),
      lines: runs.map(({ network, samples, condition, regularizer, trainAccuracy, testAccuracy }) => {
        const result = `training ${percent(trainAccuracy)}, test ${percent(testAccuracy)}`;
        return `${network}, ${samples} images, ${condition}, ${regularizer}: ${result}`;
      }),
    };
  },
});

function scaleOf({ quick, full }: { quick: boolean; full: boolean }) {
  return scales[full ? 'full' : quick ? 'quick' : 'standard'];
}
