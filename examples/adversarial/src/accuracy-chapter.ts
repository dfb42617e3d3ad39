import type { Chapter } from '@cnnviz/example-support';
import type { AccuracyAt } from './accuracy-under-attack.ts';
import { percent } from './percent.ts';
import type { Subject } from './subject.ts';

const METHODS = { fgsm: 'one step (FGSM)', pgd: 'many steps (PGD)', robust: 'robust accuracy' } as const;

export function accuracyChapter(subject: Subject, measured: readonly AccuracyAt[], pgdSteps: number): Chapter {
  const { id, network, images, bounds } = subject;
  const count = images.shape[0];
  const share =
    bounds[1] - bounds[0] === 1 ? '0 to 1 is black to white' : `${bounds[0]} to ${bounds[1]} is black to white`;
  const rows = measured.map(({ epsilon, fgsm, pgd, robust }) => ({ epsilon, fgsm, pgd, robust: robust.accuracy }));
  const attacks = measured[0]!.robust.attacks.map(({ name }) => name).join(', then ');
  const warnings = measured.at(-1)!.robust.warnings;
  return {
    id: `${id}-accuracy`,
    title: `How much ${network} withstands`,
    intro: [
      `${count} images, each pixel moved by at most epsilon. Robust accuracy counts an image only if none of the attacks (${attacks}) changed the network's answer.`,
      ...warnings.map(({ message }) => `Warning: ${message}`),
    ],
    facts: [{ label: 'correct without an attack', value: percent(rows[0]!.fgsm) }],
    figures: [
      {
        kind: 'chart',
        caption: `Share of images that the network reads correctly, by the largest change of a pixel. PGD takes ${pgdSteps} steps.`,
        alt: `Accuracy by size of the perturbation. ${rows.map(({ epsilon, fgsm, pgd, robust }) => `At ${round(epsilon)}: ${percent(fgsm)} after one step, ${percent(pgd)} after many, ${percent(robust)} whatever is tried`).join('; ')}.`,
        spec: {
          width: 420,
          height: 240,
          data: {
            values: rows.flatMap(({ epsilon, ...accuracies }) =>
              Object.entries(METHODS).map(([method, name]) => ({
                epsilon,
                attack: name,
                accuracy: accuracies[method as keyof typeof METHODS],
              })),
            ),
          },
          mark: { type: 'line', point: true },
          encoding: {
            x: { field: 'epsilon', type: 'quantitative', title: `epsilon (${share})` },
            y: { field: 'accuracy', type: 'quantitative', axis: { format: '.0%' }, scale: { domain: [0, 1] } },
            color: { field: 'attack', type: 'nominal' },
            strokeDash: { field: 'attack', type: 'nominal' },
          },
        },
      },
      {
        kind: 'table',
        caption: 'The same in numbers, with the 95 % interval of robust accuracy.',
        columns: ['epsilon', ...Object.values(METHODS), 'interval'],
        rows: measured.map(({ epsilon, fgsm, pgd, robust }) => [
          round(epsilon),
          percent(fgsm),
          percent(pgd),
          percent(robust.accuracy),
          robust.interval.map((bound) => percent(bound)).join(' to '),
        ]),
      },
    ],
  };
}

const round = (epsilon: number) => String(Number(epsilon.toFixed(4)));
