import type { AnyClassifier, Bounds, Check, LongWork, Random } from '@cnnviz/internal';
import {
  askModel,
  checker,
  createRandom,
  reportProgress,
  requireLongWork,
  sumPerImage,
  throwIfAborted,
  warnOfProbabilities,
} from '@cnnviz/internal';
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { chooseImages } from '../batches/choose-images.ts';
import { noFailures } from '../batches/failures.ts';
import { joinBatch, shrinkBatch } from '../batches/shrink-batch.ts';
import type { Part } from '../batches/take-images.ts';
import { floorToFloat32 } from '../geometry/floor-to-float32.ts';
import { perturb } from '../geometry/perturb.ts';
import { perImage, stepDirection } from '../geometry/step-direction.ts';
import { logOdds } from '../losses/log-odds.ts';
import { checkLogits } from '../losses/logits-and-gradient.ts';
import type { AttackProgress, AttackResult } from './attack-result.ts';
import { checkBlackBoxAttack } from './check-attack.ts';
import { addToSquare, randomSign, randomSquare, type Square, squareShare, twoHills } from './square-pattern.ts';

export interface SquareAttackOptions extends LongWork<AttackProgress> {
  /** How far an image may be moved, >= 0, in the units of the pixels: 8 / 255 of [0, 1] is 8 of [0, 255]. */
  epsilon: number;
  /** What a valid pixel may be: the range that the model was trained on. */
  bounds: Bounds;
  /** Decides the squares. Default: 0. */
  seed?: number;
  /** What the distance is measured in. Default: `linf`. */
  norm?: 'linf' | 'l2';
  /** How often the model is asked about an image at most, >= 1. Default: 5000, as AutoAttack. */
  queries?: number;
  /** Share of the pixels that the first squares cover, above 0 and at most 1. Default: 0.8, as AutoAttack. */
  initialShare?: number;
  /**
   * The number of queries after which squares are at their smallest is 8/10 of this. Default: 10,000, whatever
   * `queries` is, as AutoAttack; `queries` for the whole schedule, as the paper.
   */
  scheduleLength?: number;
  /** Whether `labels` are classes to reach rather than to leave. Default: false. */
  targeted?: boolean;
}

export interface SquareAttackResult extends AttackResult {
  /** How often the model was asked about each image. */
  queries: number[];
}

/**
 * Square Attack: random search for which the model is a black box. It asks for logits alone, so that no gradient that
 * misleads, or is not there, can stop it.
 *
 * L∞ starts with vertical stripes of ± epsilon, L2 with a pattern of hills. Each query changes one square, and the
 * change is kept where it lowers the margin, the lead of the label's logit. An image that fools is left as it is, and
 * the batch shrinks.
 *
 * Constants and order are those of the authors' AutoAttack, but for two: a square may lie at the last row and column
 * too, as in the paper, and all images of a batch get the same squares and signs, so that an image fares alike alone
 * and in any batch. Every point is within `epsilon` and `bounds` as computed in float32. An image that the model is
 * wrong about already, or all at `epsilon: 0`, is returned bit for bit.
 *
 * @param model Images `[n, h, w, c]` to logits `[n, classes]`, at once or later. No gradients are needed.
 * @param images `[n, h, w, c]` inside `bounds`; not modified.
 * @param labels Class of each image, `[n]` int32: what to lead away from or, if `targeted`, to.
 * @returns Adversarial images in `images`, which the caller disposes, inside `bounds` and within `epsilon`; the rest is plain
 *   data.
 * @throws RangeError if an option is out of its range, an image outside `bounds`, or a label without a logit.
 * @throws TypeError if an argument is of another kind, or `model` does not return logits `[n, 2 or more]`.
 * @throws Error if no image is left whose logits are finite (and at which step).
 * @see Andriushchenko, Croce, Flammarion, Hein, "Square Attack: a query-efficient black-box adversarial attack via
 *   random search", ECCV 2020, https://arxiv.org/abs/1912.00049.
 *
 * @example
 * import { squareAttack } from '@cnnviz/adversarial';
 *
 * const { images: adversarial, queries } = await squareAttack(model, images, labels, {
 *   epsilon: 8 / 255,
 *   bounds: [0, 1],
 *   queries: 20,
 *   seed: 0,
 * });
 */
export async function squareAttack(
  model: AnyClassifier,
  images: Tensor4D,
  labels: Tensor1D,
  options: SquareAttackOptions,
): Promise<SquareAttackResult> {
  const check = checker('@cnnviz/adversarial', 'squareAttack');
  check.options(options);
  requireLongWork(check, options);
  const settings: SquareSettings = {
    epsilon: check.number('epsilon', options.epsilon, { min: 0 }),
    bounds: check.bounds('bounds', options.bounds),
    norm: check.oneOf('norm', options.norm ?? 'linf', ['linf', 'l2']),
    queries: check.number('queries', options.queries ?? 5000, { integer: true, min: 1 }),
    initialShare: check.number('initialShare', options.initialShare ?? 0.8, { above: 0, max: 1 }),
    scheduleLength: check.number('scheduleLength', options.scheduleLength ?? 10_000, { integer: true, min: 1 }),
    targeted: check.boolean('targeted', options.targeted ?? false),
  };
  const random = createRandom(check.seed('seed', options.seed === undefined ? 0 : options.seed));
  await checkBlackBoxAttack(check, model, images, labels, settings.bounds);
  throwIfAborted(options);
  return searchWithSquares(check, model, images, [...(await labels.data<'int32'>())], settings, random, options);
}

export interface SquareSettings {
  epsilon: number;
  bounds: Bounds;
  norm: 'linf' | 'l2';
  queries: number;
  initialShare: number;
  scheduleLength: number;
  targeted: boolean;
}

/** What is on the device, one row for each image that is still attacked. */
interface Held {
  images: Tensor4D;
  points: Tensor4D;
  labels: Tensor1D;
}

interface Row {
  place: number;
  label: number;
  lead: Lead;
}

/** How the model sees a point. */
interface Lead {
  prediction: number;
  fooled: boolean;
  /** Whether the logits are finite. */
  isFinite: boolean;
  /** What the attack lowers: the lead of the label's logit or, if targeted, of the largest other. */
  margin: number;
}

/** `squareAttack` with arguments that are checked already. */
export async function searchWithSquares(
  check: Check,
  model: AnyClassifier,
  images: Tensor4D,
  labels: readonly number[],
  settings: SquareSettings,
  random: Random,
  work: LongWork<AttackProgress>,
): Promise<SquareAttackResult> {
  const { epsilon, queries, targeted } = settings;
  const asked = labels.map(() => 0);
  const final: Lead[] = [];
  const parts: Part[] = [];
  let held: Held = { images: tf.clone(images), points: tf.clone(images), labels: tf.tensor1d([...labels], 'int32') };
  let rows: Row[] = [];
  const failures = noFailures(check, labels.length);
  const isStanding = ({ place, lead }: Row) => !lead.fooled && !failures.has(place);
  try {
    // Query -1 asks about the images themselves, which costs an attack nothing.
    for (let query = -1; query < (epsilon === 0 ? 0 : queries); query++) {
      const isAttack = query >= 0;
      const candidates = isAttack ? tf.tidy(() => propose(held, settings, random, query)) : tf.clone(held.points);
      try {
        const wanted = isAttack ? rows.map(({ label }) => label) : labels;
        const leads = await readLeads(check, model, candidates, held.labels, wanted, targeted);
        if (!isAttack) rows = leads.map((lead, place) => ({ place, label: labels[place]!, lead }));
        const isAttacked = rows.map(isStanding);
        for (const [index, { place }] of rows.entries()) {
          if (isAttacked[index] && !leads[index]!.isFinite) failures.add(place, query + 1, 'logits');
        }
        failures.requireSomeLeft();
        const isKept = rows.map(({ place, lead }, index) => {
          const candidate = leads[index]!;
          if (failures.has(place)) return false;
          // The start has to be left whether or not it is better than the image.
          return isAttack && !lead.fooled && (query === 0 || candidate.fooled || candidate.margin < lead.margin);
        });
        for (const [index, row] of rows.entries()) {
          if (isAttack && isAttacked[index]) asked[row.place]!++;
          if (isKept[index]) row.lead = leads[index]!;
          final[row.place] = row.lead;
        }
        if (isKept.some(Boolean)) {
          const points = chooseImages(isKept, candidates, held.points);
          tf.dispose(held.points);
          held = { ...held, points };
        }
      } finally {
        tf.dispose(candidates);
      }

      if (isAttack) {
        const fooled = final.filter((lead) => lead.fooled).length;
        await reportProgress(work, { done: query + 1, total: queries, fooled });
      }
      if (!rows.some(isStanding)) break;
      ({ held, rows } = shrinkBatch({ held, rows }, isStanding, held.points, parts));
    }
    return {
      images: joinBatch(parts, rows, held.points),
      fooled: final.map(({ fooled }) => fooled),
      predictions: final.map(({ prediction }) => prediction),
      failed: failures.list(),
      queries: asked,
    };
  } finally {
    tf.dispose([{ ...held }, parts.map((part) => part.images)]);
  }
}

async function readLeads(
  check: Check,
  model: AnyClassifier,
  points: Tensor4D,
  labels: Tensor1D,
  wanted: readonly number[],
  targeted: boolean,
): Promise<Lead[]> {
  const read = await askModel(model, points, (answer) => {
    const logits = checkLogits(check, answer, points.shape[0]);
    warnOfProbabilities(check, model, logits);
    const { margin, value } = logOdds(logits, labels);
    return tf.stack([tf.cast(tf.argMax(logits, 1), 'float32'), tf.add(margin, tf.mul(value, 0))], 1);
  });
  try {
    const values = await read.data<'float32'>();
    return wanted.map((label, image) => {
      const [prediction = 0, margin = 0] = values.subarray(2 * image, 2 * image + 2);
      if (!Number.isFinite(margin)) return { prediction: -1, fooled: false, isFinite: false, margin: 0 };
      const fooled = (prediction === label) === targeted;
      return { prediction, fooled, isFinite: true, margin: targeted ? -margin : margin };
    });
  } finally {
    tf.dispose(read);
  }
}

/** The points of the next query. */
function propose(held: Held, settings: SquareSettings, random: Random, query: number): Tensor4D {
  const isStart = query === 0;
  if (settings.norm === 'linf')
    return isStart ? stripes(held, settings, random) : proposeInLinf(held, settings, random, query);
  return isStart ? hills(held, settings, random) : proposeInL2(held, settings, random, query);
}

function stripes({ images }: Held, { epsilon, bounds }: SquareSettings, random: Random): Tensor4D {
  const [, , width, channels] = images.shape;
  const signs = Float32Array.from({ length: width * channels }, () => randomSign(random));
  const columns = tf.mul(tf.tensor4d(signs, [1, 1, width, channels]), floorToFloat32(epsilon));
  return perturb(images, tf.add(tf.zerosLike(images), columns), bounds);
}

/** Fills a square of each channel with epsilon or -epsilon. */
function proposeInLinf({ images, points }: Held, settings: SquareSettings, random: Random, query: number): Tensor4D {
  const [, height, width, channels] = images.shape;
  const square = randomSquare(random, sideOf(images, settings, query, 1), height, width);
  const signs = new Float32Array(height * width * channels);
  for (let channel = 0; channel < channels; channel++) {
    const sign = randomSign(random);
    addToSquare(signs, [height, width, channels], square, channel, () => sign);
  }
  const change = tf.mul(tf.tensor4d(signs, [1, height, width, channels]), floorToFloat32(settings.epsilon));
  const changed = perturb(images, tf.add(tf.zerosLike(images), change), settings.bounds);
  return tf.where(tf.notEqual(change, 0), changed, points);
}

/** Five hills by five, or as many as fit, each with a sign and a direction of its own. */
function hills({ images }: Held, { epsilon, bounds }: SquareSettings, random: Random): Tensor4D {
  const [, height, width, channels] = images.shape;
  const side = Math.max(1, Math.floor(Math.min(height, width) / 5));
  const [down, across] = [Math.floor(height / side), Math.floor(width / side)];
  const pattern = new Float32Array(height * width * channels);
  for (let row = 0; row < down; row++) {
    for (let column = 0; column < across; column++) {
      const top = Math.floor((height - down * side) / 2) + row * side;
      const left = Math.floor((width - across * side) / 2) + column * side;
      addHills(pattern, images.shape, { top, left, side }, random);
    }
  }
  const perturbation = tf.add(tf.zerosLike(images), tf.tensor4d(pattern, [1, height, width, channels])) as Tensor4D;
  return perturb(images, ofLength(perturbation, epsilon), bounds);
}

/**
 * Moves the length of one square into another: the second is emptied, the first gets hills added to its own direction,
 * as long in each channel as what both had and what clipping left over.
 */
function proposeInL2({ images, points }: Held, settings: SquareSettings, random: Random, query: number): Tensor4D {
  const { epsilon, bounds } = settings;
  const [, height, width, channels] = images.shape;
  const side = sideOf(images, settings, query, 3);
  const filled = randomSquare(random, side, height, width);
  const emptied = randomSquare(random, side, height, width);
  const pattern = new Float32Array(height * width * channels);
  addHills(pattern, images.shape, filled, random);

  const perturbation = tf.sub(points, images) as Tensor4D;
  const isFilled = maskOf([filled], height, width);
  const isEither = maskOf([filled, emptied], height, width);
  const lengthOf = (part: Tensor) => tf.sqrt(tf.sum(tf.sum(tf.square(part), 1, true), 2, true));
  const withoutZero = (length: Tensor) => tf.add(length, 1e-12);
  const own = tf.mul(perturbation, isFilled);
  const direction = tf.add(tf.div(own, withoutZero(lengthOf(own))), tf.tensor4d(pattern, [1, height, width, channels]));
  const unused = tf.maximum(tf.sub(epsilon ** 2, perImage(sumPerImage(tf.square(perturbation)))), 0);
  const ofBoth = lengthOf(tf.mul(perturbation, isEither));
  const length = tf.sqrt(tf.add(tf.div(unused, channels), tf.square(ofBoth)));
  const fresh = tf.mul(tf.div(direction, withoutZero(lengthOf(direction))), length);
  const outside = tf.mul(perturbation, tf.sub(1, isEither));
  return perturb(images, ofLength(tf.add(outside, fresh) as Tensor4D, epsilon), bounds);
}

/** Scaled to the length `epsilon` in L2, or what rounding lets it have. */
function ofLength(perturbation: Tensor4D, epsilon: number): Tensor4D {
  return tf.mul(stepDirection(perturbation, 'l2', 'gradient'), floorToFloat32(epsilon));
}

function addHills(pattern: Float32Array, shape: Tensor4D['shape'], square: Square, random: Random): void {
  const [, height, width, channels] = shape;
  const values = twoHills(square.side, random.uniform() < 0.5);
  for (let channel = 0; channel < channels; channel++) {
    const sign = randomSign(random);
    addToSquare(
      pattern,
      [height, width, channels],
      square,
      channel,
      (row, column) => sign * values[row * square.side + column]!,
    );
  }
}

/** 1 inside any of the squares, 0 outside, `[1, h, w, 1]`. */
function maskOf(squares: readonly Square[], height: number, width: number): Tensor4D {
  const mask = new Float32Array(height * width);
  for (const square of squares) addToSquare(mask, [height, width, 1], square, 0, () => 1);
  return tf.minimum(tf.tensor4d(mask, [1, height, width, 1]), 1);
}

/** In L∞ at least 1; in L2 at least 3 and odd, where the image is that large. */
function sideOf(
  { shape: [, height, width] }: Tensor4D,
  { initialShare, scheduleLength }: SquareSettings,
  query: number,
  least: 1 | 3,
): number {
  const share = squareShare(Math.trunc(((query - 1) / scheduleLength) * 10_000), initialShare);
  const side = Math.max(Math.round(Math.sqrt(share * height * width)), least);
  return Math.min(least === 3 && side % 2 === 0 ? side + 1 : side, height, width);
}
