import type { Check, Classifier } from '@cnnviz/internal';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { chooseImages } from '../batches/choose-images.ts';
import type { Broken } from '../batches/failures.ts';
import { joinBatch, type Shrinking, shrinkBatch } from '../batches/shrink-batch.ts';
import type { Part } from '../batches/take-images.ts';
import { readScores, type Score, scoreImages } from '../losses/attack-scores.ts';
import { type Held, type PgdStepSettings, pgdStep } from './pgd-step.ts';

export interface DescentSettings extends PgdStepSettings {
  steps: number;
  /** Whether an image that fools is left as it is. */
  earlyStop: boolean;
}

export interface Start {
  held: Held;
  /** The labels, on the host. */
  wanted: number[];
}

export interface Descent {
  /** The caller disposes. */
  images: Tensor4D;
  scores: Score[];
}

/** Told which images have values that are not finite, by their places among those that a run starts with. */
export type GiveUp = (step: number, broken: readonly (readonly [place: number, broken: Broken])[]) => void;

/** An image that a run still holds. */
interface Row {
  /** Its place at the start. */
  place: number;
  label: number;
  isGoing: boolean;
}

/**
 * One run of projected gradient descent. Disposes what it starts with.
 *
 * @param report Told the number of images that fool, after each step.
 */
export async function projectedDescent(
  check: Check,
  model: Classifier,
  { held, wanted }: Start,
  settings: DescentSettings,
  giveUp: GiveUp,
  report: (step: number, fooled: number) => Promise<void>,
): Promise<Descent> {
  const { steps, earlyStop, targeted } = settings;
  const originals = { images: tf.clone(held.images), labels: tf.clone(held.labels), wanted };
  const fooled = wanted.map(() => false);
  const givenUp = wanted.map(() => false);
  const parts: Part[] = [];
  let batch: Shrinking<Held, Row> = { held, rows: wanted.map((label, place) => ({ place, label, isGoing: true })) };
  try {
    for (let step = 0; step < steps; step++) {
      const { rows } = batch;
      const { scores: onDevice, ...next } = await pgdStep(check, model, batch.held, settings);
      try {
        const labels = rows.map(({ label }) => label);
        const scores = await readScores(onDevice, labels, targeted);
        const broken = brokenOf(scores, rows);
        for (const [place] of broken) givenUp[place] = true;
        giveUp(step, broken);
        for (const [index, row] of rows.entries()) {
          fooled[row.place] = scores[index]!.fooled;
          row.isGoing = !givenUp[row.place] && !(earlyStop && scores[index]!.fooled);
        }
        batch = { rows, held: goOn(batch.held, next, rows) };
      } finally {
        tf.dispose([onDevice, next.points, next.velocity ?? []]);
      }
      await report(step + 1, fooled.filter(Boolean).length);
      if (!rows.some(({ isGoing }) => isGoing)) break;
      batch = shrinkBatch(batch, ({ isGoing }) => isGoing, batch.held.points, parts);
    }
    const images = joinBatch(parts, batch.rows, batch.held.points);
    return await scoreEnd(check, model, originals, images, targeted, (broken) => giveUp(steps, broken));
  } finally {
    tf.dispose([{ ...batch.held }, originals.images, originals.labels, parts.map((part) => part.images)]);
  }
}

/** Moves the images that are still going. Disposes the points and velocity before. */
function goOn(held: Held, next: { points: Tensor4D; velocity: Tensor4D | undefined }, rows: readonly Row[]): Held {
  const isGoing = rows.map((row) => row.isGoing);
  const points = chooseImages(isGoing, next.points, held.points);
  const velocity = next.velocity && { velocity: tf.clone(next.velocity) };
  tf.dispose([held.points, held.velocity ?? []]);
  return { ...held, ...velocity, points };
}

/** Scores the points that a run has led to; in place of points without finite logits, the images themselves. */
async function scoreEnd(
  check: Check,
  model: Classifier,
  originals: { images: Tensor4D; labels: Tensor1D; wanted: readonly number[] },
  points: Tensor4D,
  targeted: boolean,
  giveUp: (broken: ReturnType<typeof brokenOf>) => void,
): Promise<Descent> {
  const score = (images: Tensor4D) => scoreImages(check, model, images, originals.labels, originals.wanted, targeted);
  try {
    const scores = await score(points);
    const broken = brokenOf(
      scores,
      scores.map((_, place) => ({ place })),
    );
    giveUp(broken);
    if (broken.length === 0) return { images: tf.clone(points), scores };
    const atImages = await score(originals.images);
    const isBroken = scores.map((score) => score.broken !== undefined);
    return {
      images: chooseImages(isBroken, originals.images, points),
      scores: scores.map((score, place) => (isBroken[place] ? atImages[place]! : score)),
    };
  } finally {
    points.dispose();
  }
}

function brokenOf(scores: readonly Score[], rows: readonly { place: number }[]): (readonly [number, Broken])[] {
  return scores.flatMap(({ broken }, row) => (broken === undefined ? [] : [[rows[row]!.place, broken] as const]));
}
