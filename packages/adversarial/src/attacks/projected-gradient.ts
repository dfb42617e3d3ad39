import type { Bounds, Check, Classifier, FailedImage, LongWork, Random } from '@cnnviz/internal';
import { reportProgress, takeRows } from '@cnnviz/internal';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { chooseImages } from '../batches/choose-images.ts';
import { type Broken, noFailures } from '../batches/failures.ts';
import { replaceImages } from '../batches/replace-images.ts';
import { joinParts, type Part, takeImages } from '../batches/take-images.ts';
import { floorToFloat32 } from '../geometry/floor-to-float32.ts';
import { mostLostToRounding } from '../geometry/perturb.ts';
import { projectToBall } from '../geometry/project-to-ball.ts';
import { projectToL1Ball } from '../geometry/project-to-l1-ball.ts';
import { randomInBall } from '../geometry/random-in-ball.ts';
import { directionAndCheck, type L1Step, type Norm, stepDirection } from '../geometry/step-direction.ts';
import { predictionsOf, readScores, type Score, scoreImages } from '../losses/attack-scores.ts';
import { logOddsGradient } from '../losses/log-odds.ts';
import { logitsAndGradient } from '../losses/logits-and-gradient.ts';

export interface AttackResult {
  /** `[n, h, w, c]`, inside bounds and within epsilon. The caller disposes. */
  images: Tensor4D;
  /** Of each image, whether the model is wrong about it or, if targeted, takes it for its target. */
  fooled: boolean[];
  /** What the model takes each image for; -1 where its logits are not finite. */
  predictions: number[];
  /**
   * Images that were given up because their logits or gradients were not finite, the others having gone on without them.
   * What `images` holds of them is the best until then, or the image as it is.
   */
  failed: FailedImage[];
}

export interface AttackProgress {
  /** Steps done, of all restarts. */
  step: number;
  /** Steps there will be at most. */
  steps: number;
  /** How many images were fooled before this step. */
  fooled: number;
}

export interface ProjectedGradientSettings {
  epsilon: number;
  bounds: Bounds;
  norm: Norm;
  l1Step: L1Step;
  targeted: boolean;
  steps: number;
  stepSize: number;
  /** Share of the last velocity that is kept; 0 follows the gradient alone. */
  momentum: number;
  /** Where the random start comes from; without, the attack starts at the image. */
  random: Random | undefined;
  restarts: number;
  earlyStop: boolean;
}

/** What each iterated attack of this family is: gradient, velocity, normalize, step, project, clip; from several starts. */
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
      const places = placesOf(scores, (score, place) => !score?.fooled && !failures.has(place));
      if (restart > 0 && places.length === 0) break;
      const fooledBefore = wanted.length - places.length;
      const start = await startAt(images, wanted, places, settings);
      const giveUp: GiveUp = (step, broken) => {
        for (const [row, what] of broken) failures.add(places[row]!, restart * steps + step, what);
        failures.requireSomeLeft();
      };
      const end = await descend(check, model, start, settings, giveUp, (step, fooled) =>
        reportProgress(work, { step: restart * steps + step, steps: restarts * steps, fooled: fooledBefore + fooled }),
      );
      const better = placesOf(end.scores, (score, row) => isBetter(score, scores[places[row]!]));
      if (best === undefined) {
        best = end.images;
      } else {
        const improved = replaceImages(best, pick(places, better), end.images, better);
        tf.dispose([best, end.images]);
        best = improved;
      }
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

/** Told what of which images is not finite, by their places among those that a run starts with. */
type GiveUp = (step: number, broken: readonly (readonly [place: number, broken: Broken])[]) => void;

function isBetter(score: Score, other: Score | undefined): boolean {
  return other === undefined || (!other.fooled && (score.fooled || score.advance > other.advance));
}

/** The images on their way, on the device. */
type Held = {
  images: Tensor4D;
  points: Tensor4D;
  labels: Tensor1D;
  /** With momentum. */
  velocity?: Tensor4D;
};

interface Start {
  held: Held;
  wanted: number[];
}

async function startAt(
  images: Tensor4D,
  wanted: readonly number[],
  places: readonly number[],
  settings: ProjectedGradientSettings,
): Promise<Start> {
  const { random, momentum } = settings;
  const left = pick(wanted, places);
  const chosen = takeImages(images, places);
  let points: Tensor4D;
  try {
    points = random === undefined ? tf.clone(chosen) : await startInBall(random, images, chosen, places, settings);
  } catch (error) {
    chosen.dispose();
    throw error;
  }
  const held = {
    images: chosen,
    points,
    labels: tf.tensor1d(left, 'int32'),
    ...(momentum > 0 && { velocity: tf.zerosLike(chosen) }),
  };
  return { held, wanted: left };
}

/** Drawn for every image, so that the start of one does not depend on which others are left. */
async function startInBall(
  random: Random,
  images: Tensor4D,
  chosen: Tensor4D,
  places: readonly number[],
  settings: ProjectedGradientSettings,
): Promise<Tensor4D> {
  const [count, ...shape] = images.shape;
  const size = tf.util.sizeFromShape(shape);
  const noise = new Float32Array(places.length * size);
  const unused = new Float32Array(size);
  for (let image = 0; image < count; image++) {
    const row = places.indexOf(image);
    const drawn = row < 0 ? unused : noise.subarray(row * size, (row + 1) * size);
    randomInBall(random, drawn, settings.norm, settings.epsilon);
  }
  const moved = tf.tidy(() => tf.add(chosen, tf.tensor4d(noise, chosen.shape)) as Tensor4D);
  try {
    return await backInside(moved, chosen, settings);
  } finally {
    moved.dispose();
  }
}

/** One run from where the points are. Disposes what it started with. */
async function descend(
  check: Check,
  model: Classifier,
  start: Start,
  settings: ProjectedGradientSettings,
  giveUp: GiveUp,
  report: (step: number, fooled: number) => Promise<void>,
): Promise<{ images: Tensor4D; scores: Score[] }> {
  const { steps, earlyStop, targeted } = settings;
  const originals = { images: tf.clone(start.held.images), labels: tf.clone(start.held.labels), wanted: start.wanted };
  const isGivenUp = start.wanted.map(() => false);
  const parts: Part[] = [];
  let { held, wanted } = start;
  /** Where each image stood at the start. */
  let places = wanted.map((_, place) => place);
  let stopped = 0;
  try {
    for (let step = 0; step < steps; step++) {
      const { scores: onDevice, moved, velocity } = tf.tidy(() => takeStep(check, model, held, settings));
      let scores: Score[];
      let inside: Tensor4D;
      try {
        scores = await readScores(onDevice, wanted, targeted);
        const broken = brokenOf(scores, places);
        for (const [place] of broken) isGivenUp[place] = true;
        giveUp(step, broken);
        inside = await backInside(moved, held.images, settings);
      } catch (error) {
        tf.dispose(velocity ?? []);
        throw error;
      } finally {
        tf.dispose([onDevice, moved]);
      }
      const isGoing = scores.map(({ fooled }, row) => !isGivenUp[places[row]!] && !(earlyStop && fooled));
      const going = placesOf(isGoing, Boolean);
      const points = chooseImages(isGoing, inside, held.points);
      tf.dispose([inside, held.points, held.velocity ?? []]);
      held = { ...held, ...(velocity && { velocity }), points };
      await report(step + 1, stopped + scores.filter(({ fooled }) => fooled).length);

      if (going.length === 0) break;
      // Each smaller batch costs a copy of all that is held, and on some backends a compilation.
      if (going.length > 0.75 * scores.length) continue;
      const leaving = placesOf(isGoing, (goes) => !goes);
      parts.push({ places: pick(places, leaving), images: takeImages(held.points, leaving) });
      stopped += leaving.length;
      const smaller = takeHeld(held, going);
      tf.dispose(held);
      held = smaller;
      wanted = pick(wanted, going);
      places = pick(places, going);
    }
    const images = joinParts([...parts, { places, images: held.points }]);
    try {
      const scores = await scoreImages(check, model, images, originals.labels, start.wanted, targeted);
      const broken = brokenOf(scores, [...scores.keys()]);
      giveUp(steps, broken);
      if (broken.length === 0) return { images, scores };
      return await backToOriginals(check, model, originals, { images, scores }, targeted);
    } catch (error) {
      tf.dispose(images);
      throw error;
    }
  } finally {
    tf.dispose([held, originals.images, originals.labels, parts.map((part) => part.images)]);
  }
}

/** Where a run has led to points without finite logits, the images themselves. Disposes the points. */
async function backToOriginals(
  check: Check,
  model: Classifier,
  originals: { images: Tensor4D; labels: Tensor1D; wanted: readonly number[] },
  end: { images: Tensor4D; scores: Score[] },
  targeted: boolean,
): Promise<{ images: Tensor4D; scores: Score[] }> {
  const isBroken = end.scores.map(({ broken }) => broken !== undefined);
  const scores = await scoreImages(check, model, originals.images, originals.labels, originals.wanted, targeted);
  const images = chooseImages(isBroken, originals.images, end.images);
  tf.dispose(end.images);
  return { images, scores: end.scores.map((score, row) => (isBroken[row] ? scores[row]! : score)) };
}

function takeStep(
  check: Check,
  model: Classifier,
  { points, labels, velocity }: Held,
  { norm, l1Step, targeted, stepSize, momentum }: ProjectedGradientSettings,
) {
  const { logits, gradient } = logitsAndGradient(check, model, points, (z) => logOddsGradient(z, labels));
  const followed =
    velocity === undefined
      ? gradient
      : (tf.add(tf.mul(velocity, momentum), stepDirection(gradient, 'l1', 'gradient')) as Tensor4D);
  const length = floorToFloat32(targeted ? stepSize : -stepSize);
  const { direction, zeroIfFinite } = directionAndCheck(followed, norm, l1Step);
  return {
    /** May be too far from the image, or outside the bounds. */
    moved: tf.add(points, tf.mul(direction, length)) as Tensor4D,
    velocity: velocity && tf.clone(followed),
    scores: predictionsOf(logits, zeroIfFinite),
  };
}

/**
 * The points within epsilon and bounds that are nearest to where a step has led. In L2 and L1 each value is shortened by
 * what rounding can add to it, whether it does or not, which `perturb` finds out in three times as many operations.
 */
async function backInside(
  moved: Tensor4D,
  images: Tensor4D,
  { norm, epsilon, bounds }: ProjectedGradientSettings,
): Promise<Tensor4D> {
  const [min, max] = bounds;
  const most = mostLostToRounding(bounds);
  if (norm === 'linf') return tf.tidy(() => insideBox(moved, images, epsilon, bounds));
  if (norm === 'l2') {
    return tf.tidy(() => {
      const nearest = projectToBall(tf.sub(moved, images), norm, epsilon);
      const shortened = tf.sub(nearest, tf.clipByValue(nearest, -most, most));
      return tf.clipByValue(tf.add(images, shortened) as Tensor4D, min, max);
    });
  }
  const nearest = await projectToL1Ball(tf.sub(moved, images), epsilon, most);
  const points = tf.tidy(() => tf.clipByValue(tf.add(images, nearest) as Tensor4D, min, max));
  nearest.dispose();
  return points;
}

/** Clipped to an epsilon that is so much smaller that no sum is rounded to a point beyond `epsilon`. */
function insideBox(moved: Tensor4D, images: Tensor4D, epsilon: number, [min, max]: Bounds): Tensor4D {
  const radius = floorToFloat32(epsilon);
  const largest = Math.max(Math.abs(min), Math.abs(max)) + radius;
  const reach = Math.max(0, floorToFloat32(radius - largest * 2 ** -24));
  const perturbation = tf.clipByValue(tf.sub(moved, images), -reach, reach);
  return tf.clipByValue(tf.add(images, perturbation) as Tensor4D, min, max);
}

function brokenOf(scores: readonly Score[], places: readonly number[]): (readonly [place: number, broken: Broken])[] {
  return scores.flatMap(({ broken }, row) => (broken === undefined ? [] : [[places[row]!, broken] as const]));
}

function takeHeld({ labels, ...held }: Held, rows: readonly number[]): Held {
  return tf.tidy(() => {
    const entries = Object.entries(held).map(([name, images]) => [name, takeImages(images, rows)] as const);
    return { ...Object.fromEntries(entries), labels: takeRows(labels, rows) } as Held;
  });
}

function placesOf<T>(values: readonly T[], isWanted: (value: T, place: number) => boolean): number[] {
  return values.flatMap((value, place) => (isWanted(value, place) ? [place] : []));
}

function pick<T>(values: readonly T[], places: readonly number[]): T[] {
  return places.map((place) => values[place]!);
}
