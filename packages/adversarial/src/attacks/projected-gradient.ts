import type { Check, Classifier, LongWork, Random } from '@cnnviz/internal';
import { reportProgress } from '@cnnviz/internal';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { noFailures } from '../batches/failures.ts';
import { replaceImages } from '../batches/replace-images.ts';
import { pickRows, rowsWhere } from '../batches/shrink-batch.ts';
import { takeImages } from '../batches/take-images.ts';
import { randomStarts } from '../geometry/random-starts.ts';
import type { Score } from '../losses/attack-scores.ts';
import type { AttackProgress, AttackResult } from './attack-result.ts';
import { type DescentSettings, type GiveUp, projectedDescent, type Start } from './projected-descent.ts';

export interface ProjectedGradientSettings extends DescentSettings {
  /** The source of random starts; without one the attack starts at the images. */
  random: Random | undefined;
  restarts: number;
}

/** Projected gradient descent from several starts; for each image the first run that fools is kept, or else the best. */
export async function projectedGradient(
  check: Check,
  model: Classifier,
  images: Tensor4D,
  labels: Tensor1D,
  given: ProjectedGradientSettings,
  work: LongWork<AttackProgress>,
): Promise<AttackResult> {
  const wanted = [...(await labels.data<'int32'>())];
  const settings = given.epsilon === 0 ? { ...given, steps: 0, random: undefined } : given;
  const { restarts, steps } = settings;
  const scores: (Score | undefined)[] = wanted.map(() => undefined);
  const failures = noFailures(check, wanted.length);
  let best: Tensor4D | undefined;
  try {
    for (let restart = 0; restart < restarts; restart++) {
      const places = rowsWhere(scores, (score, place) => !score?.fooled && !failures.has(place));
      if (restart > 0 && places.length === 0) break;
      const before = { steps: restart * steps, fooled: scores.filter((score) => score?.fooled).length };
      const giveUp: GiveUp = (step, broken) => {
        for (const [row, what] of broken) failures.add(places[row]!, before.steps + step, what);
        failures.requireSomeLeft();
      };
      const start = await startAt(images, wanted, places, settings);
      const end = await projectedDescent(check, model, start, settings, giveUp, (step, fooled) =>
        reportProgress(work, { done: before.steps + step, total: restarts * steps, fooled: before.fooled + fooled }),
      );
      const better = rowsWhere(end.scores, (score, row) => isBetter(score, scores[places[row]!]));
      best = best === undefined ? end.images : replaceBy(best, pickRows(places, better), end.images, better);
      for (const row of better) scores[places[row]!] = end.scores[row];
    }
  } catch (error) {
    tf.dispose(best ?? []);
    throw error;
  }
  return {
    images: best!,
    fooled: scores.map((score) => score!.fooled),
    predictions: scores.map((score) => score!.prediction),
    failed: failures.list(),
  };
}

function isBetter(score: Score, other: Score | undefined): boolean {
  return other === undefined || (!other.fooled && (score.fooled || score.advance > other.advance));
}

/** The batch with other images at some places. Disposes both batches that it is made from. */
function replaceBy(images: Tensor4D, places: readonly number[], others: Tensor4D, rows: readonly number[]): Tensor4D {
  const replaced = replaceImages(images, places, others, rows);
  tf.dispose([images, others]);
  return replaced;
}

async function startAt(
  images: Tensor4D,
  wanted: readonly number[],
  places: readonly number[],
  settings: ProjectedGradientSettings,
): Promise<Start> {
  const { random, momentum } = settings;
  const left = pickRows(wanted, places);
  const chosen = takeImages(images, places);
  let points: Tensor4D;
  try {
    points =
      random === undefined ? tf.clone(chosen) : await randomStarts(random, chosen, places, images.shape[0], settings);
  } catch (error) {
    chosen.dispose();
    throw error;
  }
  const labels = tf.tensor1d(left, 'int32');
  const velocity = momentum > 0 ? { velocity: tf.zerosLike(chosen) } : {};
  return { held: { images: chosen, points, labels, ...velocity }, wanted: left };
}
