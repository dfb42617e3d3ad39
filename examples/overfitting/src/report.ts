import type { Chapter } from '@cnnviz/example-support';
import { generalizationGap, overfittingChart } from '@cnnviz/regularizers';
import type { Outcome } from './experiment.ts';

type Spec = Extract<Chapter['figures'][number], { kind: 'chart' }>['spec'];

const percent = (share: number): string => `${(100 * share).toFixed(1)}\u00a0%`;

/** The lecture's picture of overfitting, once for each remedy. */
export function overfittingChapter(outcomes: readonly Outcome[], dataSet: string): Chapter {
  const histories = Object.fromEntries(outcomes.map(({ remedy, history }) => [remedy, history]));
  const { parameters, samples, parametersPerSample, layers } = outcomes[0]!.capacity;
  const rows = outcomes.map(({ remedy, history, epoch }) => {
    const gap = generalizationGap(history)[epoch]!;
    return { remedy, ...gap };
  });
  const alt = (of: (row: (typeof rows)[number]) => string) => rows.map((row) => `${row.remedy}: ${of(row)}`).join('; ');
  return {
    id: 'overfitting',
    title: 'What helps against overfitting',
    intro: [
      `A network of ${parameters.toLocaleString('en-GB')} parameters learned ${samples} images of ${dataSet}: ${parametersPerSample.toFixed(0)} parameters for each. It can learn them by heart, the wrong labels that were put among them too.`,
      'Each panel is the same network on the same images with one remedy. Training error and loss are those of the steps themselves, so with dropout, augmentation, mixup and label smoothing they are of a harder task than the test.',
    ],
    facts: [{ label: 'parameters per image', value: parametersPerSample.toFixed(0) }],
    figures: [
      {
        kind: 'chart',
        caption: 'Loss over the epochs.',
        alt: `Loss. ${alt(({ trainLoss, testLoss }) => `training ${trainLoss.toFixed(2)}, test ${testLoss.toFixed(2)}`)}.`,
        spec: overfittingChart(histories, { metric: 'loss' }) as unknown as Spec,
      },
      {
        kind: 'chart',
        caption: 'Error over the epochs.',
        alt: `Error. ${alt(({ trainAccuracy, testAccuracy }) => `training ${percent(1 - trainAccuracy)}, test ${percent(1 - testAccuracy)}`)}.`,
        spec: overfittingChart(histories) as unknown as Spec,
      },
      {
        kind: 'table',
        caption: 'At the end, or at the epoch whose weights early stopping restored.',
        columns: [
          'remedy',
          'epoch',
          'training loss',
          'test loss',
          'loss gap',
          'training accuracy',
          'test accuracy',
          'accuracy gap',
        ],
        rows: rows.map((row) => [
          row.remedy,
          row.epoch + 1,
          row.trainLoss.toFixed(3),
          row.testLoss.toFixed(3),
          row.lossGap.toFixed(3),
          percent(row.trainAccuracy),
          percent(row.testAccuracy),
          percent(row.accuracyGap),
        ]),
      },
      {
        kind: 'table',
        caption: 'Where the parameters are.',
        columns: ['layer', 'parameters', 'shapes'],
        rows: layers.map(({ name, parameters: own, shapes }) => [name, own, shapes.map((s) => s.join('x')).join(', ')]),
      },
    ],
  };
}
