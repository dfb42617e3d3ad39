import { type AdversarialStrip, adversarialStrip, fgsm, type Prediction, pgd, predict } from '@cnnviz/adversarial';
import { type Chapter, type Figure, type PictureCell, pngPicture } from '@cnnviz/example-support';
import * as tf from '@tensorflow/tfjs-core';
import { percent } from './percent.ts';
import type { Subject } from './subject.ts';

const SHOWN = 4;

export interface ShownStrips {
  chapter: Chapter;
  /** What is read before and after one step and after ten, a row for each image. */
  rows: { fgsm: AdversarialStrip['rows']; pgd: AdversarialStrip['rows'] };
}

/** Images that are read rightly, as they were, what was added, and what came of it. */
export async function stripChapter(subject: Subject, seed: number): Promise<ShownStrips> {
  const { id, network, model, images, labels, bounds, classNames, shownEpsilon: epsilon, factor } = subject;
  const right = await rightOnes(subject);
  const places = tf.tensor1d(right.slice(0, SHOWN), 'int32');
  const [chosen, truth] = [tf.gather(images, places), tf.gather(labels, places)];
  const cells: PictureCell[] = [];
  const tables: Figure[] = [];
  const rows: ShownStrips['rows'] = { fgsm: [], pgd: [] };
  const attacks = {
    fgsm: async () => fgsm(model, chosen, truth, { epsilon, bounds }),
    pgd: async () =>
      (await pgd(model, chosen, truth, { epsilon, bounds, steps: 10, stepSize: epsilon / 4, seed })).images,
  };
  for (const name of ['fgsm', 'pgd'] as const) {
    const attacked = await attacks[name]();
    const strip = await adversarialStrip(model, chosen, attacked, { bounds, classNames, padding: 4, factor });
    const { cell, table } = await shownStrip(`${id}-${name}`, name === 'fgsm' ? 'one step' : 'ten steps', strip);
    cells.push(cell);
    tables.push(table);
    rows[name] = strip.rows;
    tf.dispose([attacked, strip.picture]);
  }
  tf.dispose([places, chosen, truth]);
  const chapter: Chapter = {
    id: `${id}-strips`,
    title: `What it takes to change ${network}'s mind`,
    intro: [
      `The left column shows images that the network reads correctly. The right column shows them after an attack that moves each pixel by at most ${epsilon}. The middle column shows the difference, amplified; mid gray means no change.`,
    ],
    figures: [
      {
        kind: 'pictures',
        caption: 'Each row shows an image, the perturbation, and their sum.',
        rows: [{ cells }],
      },
      ...tables,
    ],
  };
  return { chapter, rows };
}

async function rightOnes({ network, model, images, labels }: Subject): Promise<number[]> {
  const truth = await labels.data();
  const answers: Prediction[] = await predict(model, images);
  const right = answers.flatMap(({ label }, image) => (label === truth[image] ? [image] : []));
  if (right.length > 0) return right;
  throw new Error(`${network} classifies none of the ${truth.length} images correctly, so there is nothing to attack`);
}

async function shownStrip(
  name: string,
  how: string,
  { picture, amplification, rows }: AdversarialStrip,
): Promise<{ cell: PictureCell; table: Figure }> {
  const sentences = rows.map(
    ({ before, after }) =>
      `${before.name} at ${percent(before.confidence)} became ${after.name} at ${percent(after.confidence)}`,
  );
  const alt = `Rows of an image, the perturbation amplified ${amplification} times, and their sum, after ${how}. ${sentences.join('; ')}.`;
  return {
    cell: {
      picture: await pngPicture(picture, { name, alt }),
      label: `after ${how}`,
      note: `image, perturbation × ${amplification}, sum`,
    },
    table: {
      kind: 'table',
      caption: `What the network reads in each row, before and after ${how}.`,
      columns: ['row', 'before', 'after', 'largest change'],
      rows: rows.map(({ before, after, largestChange }, row) => [
        String(row + 1),
        `${before.name}, ${percent(before.confidence)}`,
        `${after.name}, ${percent(after.confidence)}`,
        largestChange.toFixed(4),
      ]),
    },
  };
}
