import { amplifyPerturbation, fgsm, type Prediction, pgd, predict } from '@cnnviz/adversarial';
import { type Chapter, type PictureCell, type PictureFigure, pngPicture } from '@cnnviz/example-support';
import { type Bounds, type Classifier, createRandom, type LabeledImages } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import { decisionsFigure } from './decisions.ts';
import { percent } from './percent.ts';

export interface PerturbationOptions {
  model: Classifier;
  /** Test digits, `[n, 28, 28, 1]` inside `bounds`. */
  digits: LabeledImages;
  bounds: Bounds;
  seed: number;
  /** Called after each strength that was tried. */
  onProgress: (tried: number) => void;
}

/** In the units of the pixels, which go from 0 to 1. */
const EPSILON = 0.1;
export const STRENGTHS = [0, 0.05, EPSILON, 0.15, 0.2, 0.25];
const SHOWN = 3;
const PGD_STEPS = 10;
const PGD_DIGITS = 100;
/** So that the perturbation, ±EPSILON around mid gray, goes from black to white. */
const AMPLIFIED = 0.5 / EPSILON;
const ENLARGED = 5;

type Row = PictureFigure['rows'][number];

/** Shows how the network reads test digits whose pixels have moved a little in the direction that hurts most. */
export async function perturbationChapter(options: PerturbationOptions): Promise<Chapter> {
  const { digits, model, bounds, seed } = options;
  const curve = await accuracyCurve(options);
  const count = digits.labels.shape[0];
  const { gradient, random } = curve.find(({ epsilon }) => epsilon === EPSILON) as Strength;
  const before = (curve[0] as Strength).gradient;
  const manySteps = await accuracyAfterManySteps(options);
  const sample = tf.slice(digits.images, 0, 1);
  const decisions = await decisionsFigure({ model, image: sample, bounds, seed });
  sample.dispose();
  return {
    id: 'perturbation',
    title: 'How little it takes to change its mind',
    intro: [
      `Each pixel of a test digit moves by at most ${EPSILON} of the way from black to white, in the direction that raises the network's error most (the fast gradient sign method of [Goodfellow et al. 2015](https://arxiv.org/abs/1412.6572)). To the eye, the digit stays the same.`,
    ],
    facts: [
      { label: `accuracy on ${count} test digits`, value: percent(before) },
      { label: 'after the perturbation', value: percent(gradient) },
      { label: 'after random noise of the same size', value: percent(random) },
      {
        label: `of the first ${manySteps.count}, after ${PGD_STEPS} steps (PGD)`,
        value: percent(manySteps.accuracy),
      },
    ],
    figures: [
      {
        kind: 'pictures',
        caption: `Test digits of different classes that the network reads correctly; those that it misreads after a perturbation of ${EPSILON} come first. The perturbation shown is what was actually added, amplified ${AMPLIFIED} times: mid gray is no change, white is brighter by ${EPSILON}, black is darker by ${EPSILON}. Pixels that are already black cannot get darker.`,
        rows: await showDigits(options),
      },
      {
        kind: 'chart',
        caption: `Accuracy on ${count} test digits by size of the perturbation. Noise that moves each pixel just as far, but up or down at random, does much less harm.`,
        alt: `Accuracy by size of perturbation. Fast gradient sign method: ${curve.map(({ epsilon, gradient }) => `${percent(gradient)} at ${epsilon}`).join(', ')}. Random noise of the same size: ${curve.map(({ epsilon, random }) => `${percent(random)} at ${epsilon}`).join(', ')}.`,
        spec: {
          width: 420,
          height: 240,
          data: {
            values: curve.flatMap(({ epsilon, gradient, random }) => [
              { epsilon, accuracy: gradient, perturbation: 'fast gradient sign' },
              { epsilon, accuracy: random, perturbation: 'random signs' },
            ]),
          },
          mark: { type: 'line', point: true },
          encoding: {
            x: { field: 'epsilon', type: 'quantitative', title: 'size of the perturbation (0 to 1 is black to white)' },
            y: {
              field: 'accuracy',
              type: 'quantitative',
              title: 'test accuracy',
              axis: { format: '.0%' },
              scale: { domain: [0, 1] },
            },
            color: { field: 'perturbation', type: 'nominal' },
            strokeDash: { field: 'perturbation', type: 'nominal' },
          },
        },
      },
      decisions,
    ],
  };
}

interface Strength {
  epsilon: number;
  /** Accuracy after the fast gradient sign method. */
  gradient: number;
  /** Accuracy after random signs of the same size. */
  random: number;
}

async function accuracyCurve({ model, digits, bounds, seed, onProgress }: PerturbationOptions): Promise<Strength[]> {
  const { images, labels } = digits;
  const truth = await labels.data();
  const accuracy = async (perturbed: tf.Tensor4D) => {
    try {
      const predictions = await predict(model, perturbed);
      return predictions.filter(({ label }, index) => label === truth[index]).length / truth.length;
    } finally {
      perturbed.dispose();
    }
  };
  const signs = randomSigns(images.shape, seed);
  const curve: Strength[] = [];
  for (const epsilon of STRENGTHS) {
    curve.push({
      epsilon,
      gradient: await accuracy(fgsm(model, images, labels, { epsilon, bounds })),
      random: await accuracy(
        tf.tidy(() => tf.clipByValue(tf.add<tf.Tensor4D>(images, tf.mul(signs, epsilon)), ...bounds)),
      ),
    });
    onProgress(curve.length);
  }
  signs.dispose();
  return curve;
}

/** Projected gradient descent: no farther from the digit, but with a new gradient at each step. */
async function accuracyAfterManySteps({ model, digits, bounds, seed }: PerturbationOptions) {
  const count = Math.min(PGD_DIGITS, digits.labels.shape[0]);
  const [images, labels] = [tf.slice(digits.images, 0, count), tf.slice(digits.labels, 0, count)];
  const attacked = await pgd(model, images, labels, {
    epsilon: EPSILON,
    bounds,
    steps: PGD_STEPS,
    stepSize: EPSILON / 4,
    seed,
  });
  tf.dispose([images, labels, attacked.images]);
  return { count, accuracy: attacked.fooled.filter((fooled) => !fooled).length / count };
}

function randomSigns(shape: tf.Tensor4D['shape'], seed: number): tf.Tensor4D {
  const signs = createRandom(seed).fillUniform(new Float32Array(shape.reduce((a, b) => a * b)), -1, 1);
  return tf.tensor4d(signs.map(Math.sign), shape);
}

/** The first digits of different classes that are read correctly; those that are misread after the perturbation come first. */
async function showDigits({ model, digits, bounds }: PerturbationOptions): Promise<PictureFigure['rows']> {
  const { images, labels } = digits;
  const perturbed = fgsm(model, images, labels, { epsilon: EPSILON, bounds });
  try {
    const truth = [...(await labels.data())];
    const [before, after] = [await predict(model, images), await predict(model, perturbed)];
    const right = truth.flatMap((label, index) => (before[index]?.label === label ? [index] : []));
    const misread = right.filter((index) => after[index]?.label !== truth[index]);
    const chosen = firstOfEachClass([...misread, ...right], truth).slice(0, SHOWN);
    const rows: Row[] = [];
    const { pictures } = await amplifyPerturbation(images, perturbed, { bounds, amplification: AMPLIFIED });
    for (const index of chosen) {
      const digit = truth[index] ?? 0;
      const [original, change, result] = [images, pictures, perturbed].map((batch) =>
        tf.tidy(() => onlyOf(tf.slice(batch, index, 1))),
      ) as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
      rows.push({
        heading: `A ${digit}`,
        cells: [
          await cell(original, `digit-${digit}-before`, 'before', digit, before[index] as Prediction),
          {
            picture: await pngPicture(change, {
              name: `digit-${digit}-perturbation`,
              alt: `The perturbation that is added to the ${digit}, amplified ${AMPLIFIED} times: patches of black, gray and white`,
              factor: ENLARGED,
            }),
            label: `perturbation × ${AMPLIFIED}`,
            note: `at most ±${EPSILON}`,
          },
          await cell(result, `digit-${digit}-after`, 'after', digit, after[index] as Prediction),
        ],
      });
      tf.dispose([original, change, result]);
    }
    pictures.dispose();
    return rows;
  } finally {
    perturbed.dispose();
  }
}

async function cell(
  image: tf.Tensor3D,
  name: string,
  label: 'before' | 'after',
  digit: number,
  { label: taken, confidence }: Prediction,
): Promise<PictureCell> {
  const answer = `${taken} at ${percent(confidence)}`;
  const alt = `A handwritten ${digit} ${label} the perturbation; the network reads ${answer}`;
  return { picture: await pngPicture(image, { name, alt, factor: ENLARGED }), label, note: `reads ${answer}` };
}

function firstOfEachClass(indices: readonly number[], labels: readonly number[]): number[] {
  const first = new Map<number | undefined, number>();
  for (const index of indices) if (!first.has(labels[index])) first.set(labels[index], index);
  return [...first.values()];
}

function onlyOf(batch: tf.Tensor): tf.Tensor3D {
  return tf.squeeze(batch, [0]);
}
