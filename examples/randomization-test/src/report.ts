import type { Chapter } from '@cnnviz/example-support';
import { corruptionChart, randomizationCurves } from '@cnnviz/regularizers';
import type { ExperimentRun } from './experiment.ts';

type Spec = Extract<Chapter['figures'][number], { kind: 'chart' }>['spec'];

/** The paper's numbers for CIFAR-10, all 50,000 images, in percent: table 1. */
const published: Readonly<Record<string, readonly [train: number, test: number]>> = {
  'MLP 1x512, true labels, none': [100, 50.51],
  'MLP 1x512, true labels, weight decay 5e-4': [99.8, 50.39],
  'MLP 1x512, random labels, none': [99.34, 10.61],
  'MLP 3x512, true labels, none': [100, 52.39],
  'MLP 3x512, true labels, weight decay 5e-4': [100, 53.35],
  'MLP 3x512, random labels, none': [100, 10.48],
};

export const percent = (share: number): string => `${(100 * share).toFixed(1)}\u00a0%`;

/** What the runs show, as a chapter of a report. */
export function randomizationChapter(runs: readonly ExperimentRun[], dataSet: string): Chapter {
  const { network, samples } = runs[0]!;
  const main = runs.filter((run) => run.samples === samples && run.network === network);
  const plain = main.filter(({ regularizer }) => regularizer === 'none');
  const byCorruption = plain
    .filter(({ condition }) => condition.includes('labels'))
    .toSorted((a, b) => a.corruption - b.corruption);
  const ofEachSize = (condition: string) =>
    runs
      .filter((run) => run.network === network && run.condition === condition && run.regularizer === 'none')
      .toSorted((a, b) => a.samples - b.samples);
  const bySamples = ofEachSize('true labels');
  const randomBySamples = ofEachSize('random labels');
  const told = (run: ExperimentRun) =>
    `${run.condition}: ${run.epochs} epochs, then ${percent(run.trainAccuracy)} of the training set and ${percent(run.testAccuracy)} of the test set`;
  const randomLabels = plain.find(({ condition }) => condition === 'random labels');
  return {
    id: 'randomization-test',
    title: 'Learning, or learning by heart?',
    intro: [
      `A network of ${main[0]!.parameters.toLocaleString('en-GB')} parameters was trained on ${samples.toLocaleString('en-GB')} images of ${dataSet}: once as they are, and again with less and less to learn in them.`,
      plain.every(({ trainAccuracy }) => trainAccuracy >= 0.99)
        ? 'It fits all of them, so that fitting says nothing of understanding: in random labels there is nothing to understand.'
        : `It fits ${plain.filter(({ trainAccuracy }) => trainAccuracy >= 0.99).length} of ${plain.length} to 99 %. In random labels there is nothing to understand: what is fitted of them is learned by heart.`,
    ],
    facts: [
      { label: 'parameters per image', value: (main[0]!.parameters / samples).toFixed(0) },
      ...(randomLabels === undefined
        ? []
        : [
            { label: 'random labels, training', value: percent(randomLabels.trainAccuracy) },
            { label: 'random labels, test', value: percent(randomLabels.testAccuracy) },
          ]),
      { label: 'training time', value: `${runs.reduce((sum, { seconds }) => sum + seconds, 0).toFixed(0)} s` },
    ],
    figures: [
      {
        kind: 'chart',
        caption: `Training loss without regularization, ${network}. A run ends once 99.5 % of its training set are fitted.`,
        alt: `Training curves. ${plain.filter(isWhole).map(told).join('; ')}.`,
        spec: randomizationCurves(plain.filter(isWhole)) as unknown as Spec,
      },
      {
        kind: 'chart',
        caption: 'The same for labels of which more and more are drawn anew: with p = 1 they are the random labels.',
        alt: `Training curves by label corruption. ${byCorruption.map(told).join('; ')}.`,
        spec: randomizationCurves(byCorruption) as unknown as Spec,
      },
      {
        kind: 'chart',
        caption: 'Test error by the probability of a random label. Dotted: chance.',
        alt: `Test error by label corruption. ${main
          .filter(({ condition }) => condition.includes('labels'))
          .map((run) => `p ${run.corruption}, ${run.regularizer}: ${percent(1 - run.testAccuracy)}`)
          .join('; ')}.`,
        spec: corruptionChart(main, { classes: 10 }) as unknown as Spec,
      },
      ...[...new Set(runs.map((run) => run.network))].map((name) => ({
        kind: 'table' as const,
        caption: `${name} on ${samples.toLocaleString('en-GB')} images, in the last column but one the paper's training and test accuracy on all 50,000 of CIFAR-10.`,
        columns: ['condition', 'regularizer', 'epochs', 'to loss 0.5', 'training', 'test', 'paper', 'seconds'],
        rows: runs
          .filter((run) => run.network === name && run.samples === samples)
          .map((run) => {
            const paper =
              dataSet === 'CIFAR-10' ? published[`${name}, ${run.condition}, ${run.regularizer}`] : undefined;
            return [
              run.condition,
              run.regularizer,
              run.epochs,
              epochsToLoss(run, 0.5) ?? 'never',
              percent(run.trainAccuracy),
              percent(run.testAccuracy),
              paper === undefined ? '' : `${paper[0]}\u00a0/\u00a0${paper[1]}`,
              run.seconds.toFixed(0),
            ];
          }),
      })),
      ...(bySamples.length < 2
        ? []
        : [
            {
              kind: 'table' as const,
              caption:
                'The more images, the better the test accuracy of true labels, and the longer it takes to learn random ones.',
              columns: [
                'images',
                'parameters per image',
                'true labels: test',
                'to loss 0.5',
                'random labels: test',
                'to loss 0.5',
              ],
              rows: bySamples.map((run) => {
                const random = randomBySamples.find(({ samples: count }) => count === run.samples);
                return [
                  run.samples,
                  (run.parameters / run.samples).toFixed(0),
                  percent(run.testAccuracy),
                  epochsToLoss(run, 0.5) ?? 'never',
                  random === undefined ? '' : percent(random.testAccuracy),
                  random === undefined ? '' : (epochsToLoss(random, 0.5) ?? 'never'),
                ];
              }),
            },
          ]),
    ],
  };
}

/** Epochs after which the training loss, in nats, was below a level. */
export function epochsToLoss({ curve }: ExperimentRun, level: number): number | undefined {
  const epoch = curve.findIndex(({ loss }) => loss < level);
  return epoch === -1 ? undefined : epoch + 1;
}

const isWhole = ({ corruption }: ExperimentRun): boolean => corruption === 0 || corruption === 1;
