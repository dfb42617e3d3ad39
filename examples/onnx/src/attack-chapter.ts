import {
  adversarialStrip,
  type BlackBoxAttack,
  predict,
  type RobustAccuracy,
  robustAccuracy,
  squareAttack,
} from '@cnnviz/adversarial';
import { type Chapter, pngPicture, type Update } from '@cnnviz/example-support';
import * as tf from '@tensorflow/tfjs-core';
import { percent } from './percent.ts';
import { bounds, type Subject } from './subject.ts';

/** Rows of the strip. */
const SHOWN = 4;

export interface AttackOptions {
  /** How far each pixel may be moved, of 255: rising. */
  epsilons: readonly number[];
  /** How often the network is asked about an image at most. */
  queries: number;
  /** How many of the scenes are attacked, from the first. */
  count: number;
  seed: number;
  /** In epsilons. */
  update: Update;
}

/** Adversarial scenes found by random search, the only kind of attack that needs no gradient. */
export async function attackChapter(subject: Subject, options: AttackOptions): Promise<Chapter> {
  const { epsilons, count, queries } = options;
  const measured = await accuracies(subject, options);
  const rows = measured.map(({ epsilon, accuracy }) => ({ epsilon, accuracy }));
  const told = rows.map(({ epsilon, accuracy }) => `${percent(accuracy)} at ${epsilon}`).join(', ');
  return {
    id: 'attack',
    title: 'Attacked as a black box',
    intro: [
      `Square Attack (squareAttack, robustAccuracy) changes each pixel of the first ${count} scenes by at most epsilon, of 255, and asks for logits up to ${queries} times per scene. Attacks by gradient refuse this network, since onnxruntime gives no gradient.`,
    ],
    facts: [{ label: 'correct without an attack', value: percent(measured[0]!.cleanAccuracy) }],
    figures: [
      {
        kind: 'chart',
        caption: 'Share of scenes that are classified correctly in spite of the attack.',
        alt: `Accuracy falls with epsilon: ${told}.`,
        spec: {
          width: 420,
          height: 240,
          data: { values: rows },
          mark: { type: 'line', point: true },
          encoding: {
            x: { field: 'epsilon', type: 'quantitative', title: 'epsilon (0 to 255 is black to white)' },
            y: { field: 'accuracy', type: 'quantitative', axis: { format: '.0%' }, scale: { domain: [0, 1] } },
          },
        },
      },
      {
        kind: 'pictures',
        caption: `Scenes that were classified correctly, what the attack added at epsilon ${epsilons.at(-1)!}, and the sum.`,
        rows: [{ cells: [await strip(subject, options)] }],
      },
    ],
  };
}

/** The accuracy at each epsilon, under an attack that asks for logits alone. */
async function accuracies(
  { onnx, images, labels }: Subject,
  { epsilons, queries, count, seed, update }: AttackOptions,
): Promise<RobustAccuracy[]> {
  const square: BlackBoxAttack = {
    name: `square with ${queries} queries`,
    blackBox: true,
    run: (model, x, y, { norm: _, ...given }) => squareAttack(model, x, y, { ...given, queries }),
  };
  const batch = { images: tf.slice(images, 0, count), labels: tf.slice(labels, 0, count) };
  const measured: RobustAccuracy[] = [];
  try {
    for (const [index, epsilon] of epsilons.entries()) {
      const smaller = measured.at(-1);
      const onProgress = ({ step, steps }: { step: number; steps: number }) => update(index + step / steps);
      const options = { epsilon, bounds, seed, attacks: [square], onProgress, ...(smaller && { smaller }) };
      measured.push(await robustAccuracy(onnx.classify, [batch], options));
    }
    return measured;
  } finally {
    tf.dispose(batch);
  }
}

async function strip({ onnx, images, labels, classes }: Subject, { epsilons, queries, seed }: AttackOptions) {
  const truth = await labels.data();
  const answers = await predict(onnx.classify, images);
  const right = answers.flatMap(({ label }, image) => (label === truth[image] ? [image] : [])).slice(0, SHOWN);
  const places = tf.tensor1d(right, 'int32');
  const chosen = { images: tf.gather(images, places), labels: tf.gather(labels, places) };
  const epsilon = epsilons.at(-1)!;
  const { images: attacked } = await squareAttack(onnx.classify, chosen.images, chosen.labels, {
    epsilon,
    bounds,
    queries,
    seed,
  });
  const { picture, amplification, rows } = await adversarialStrip(onnx.classify, chosen.images, attacked, {
    bounds,
    classNames: classes,
    factor: 4,
    padding: 4,
  });
  const sentences = rows.map(
    ({ before, after }) => `${before.name} became ${after.name} at ${percent(after.confidence)}`,
  );
  const alt = `Rows of a scene, the perturbation amplified ${amplification} times, and their sum. ${sentences.join('; ')}.`;
  const shown = await pngPicture(picture, { name: 'attack', alt });
  tf.dispose([places, chosen, attacked, picture]);
  return { picture: shown, label: `scene, perturbation × ${amplification}, sum`, note: sentences.join('; ') };
}
