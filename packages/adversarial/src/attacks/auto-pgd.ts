import type { Bounds, Check, Classifier, LongWork, Random } from '@cnnviz/internal';
import { askAtOnce, checker, reportProgress, requireLongWork, throwIfAborted } from '@cnnviz/internal';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type Broken, noFailures } from '../batches/failures.ts';
import { numbersFrom, randomsOfImages } from '../batches/randoms-of-images.ts';
import { joinParts, takeImages } from '../batches/take-images.ts';
import { perturb } from '../geometry/perturb.ts';
import { projectToBall } from '../geometry/project-to-ball.ts';
import { randomOnSphere } from '../geometry/random-on-sphere.ts';
import { readScores, type Score, scoresOf } from '../losses/attack-scores.ts';
import { fewestClasses } from '../losses/difference-of-logits-ratio.ts';
import { checkLogits } from '../losses/logits-and-gradient.ts';
import { type AscentLoss, type AscentSettings, adaptiveAscent, ascentLosses } from './adaptive-ascent.ts';
import type { AttackProgress, AttackResult } from './attack-result.ts';
import { checkAttack } from './check-attack.ts';

export interface AutoPgdOptions extends LongWork<AttackProgress> {
  /** How far an image may be moved, >= 0, in the units of the pixels: 8 / 255 of [0, 1] is 8 of [0, 255]. */
  epsilon: number;
  /** What a valid pixel may be: the range that the model was trained on. */
  bounds: Bounds;
  /** What the distance is measured in. In L1 Auto-PGD is another algorithm, which is not here. Default: `linf`. */
  norm?: 'linf' | 'l2';
  /**
   * `dlr`, the lead of a logit as a share of how far the largest are apart, needs 3 classes, with `targeted` or
   * `targetClasses` 4. Default: `cross-entropy`.
   */
  loss?: AscentLoss;
  /** Gradient steps of a run. Default: 100, as AutoAttack. */
  steps?: number;
  /** Whether a run starts at a random point of the ball's surface, clipped to `bounds`. Default: true, as AutoAttack. */
  randomStart?: boolean;
  /** Decides the random starts. Default: 0. */
  seed?: number;
  /** Runs, each on the images that do not fool yet. Default: 1, as AutoAttack. */
  restarts?: number;
  /** Whether `labels` are classes to reach rather than to leave. Default: false. */
  targeted?: boolean;
  /**
   * Leads away from the label towards each of this many other classes in turn, the likeliest first. Any other class
   * fools. Default: 0, which leads to no class of its own. AutoAttack takes 9, with `loss: 'dlr'`.
   */
  targetClasses?: number;
  /** Whether an image that fools the model is left as it is. Default: false. */
  earlyStop?: boolean;
}

/**
 * Auto-PGD: projected gradient ascent with momentum that finds its step sizes itself. Each image begins with steps of
 * 2 `epsilon`; where progress ends, its step is halved and it continues from its best point.
 *
 * Constants and order are those of the authors' AutoAttack, but for the first checkpoint, which counts as the paper
 * does (AutoAttack compares the first loss with a 0). Every point is within `epsilon` and `bounds` as computed in
 * float32. An image that the model is wrong about already, or all at `epsilon: 0`, is returned bit for bit.
 *
 * @param model Images `[n, h, w, c]` to logits `[n, classes]`.
 * @param images `[n, h, w, c]` inside `bounds`; not modified.
 * @param labels Class of each image, `[n]` int32: what to lead away from or, if `targeted`, to.
 * @returns In `images`, which the caller disposes, for each image the point of the highest loss, among those that fool if there are any.
 *   The rest is plain data.
 * @throws RangeError if an option is out of its range, an image outside `bounds`, a label without a logit, or the
 *   classes are too few for `loss: 'dlr'`.
 * @throws TypeError if an argument is of another kind, or `model` does not return logits `[n, 2 or more]`.
 * @throws Error if no image is left whose logits and gradients are finite (and at which step), no gradients are
 *   registered, or the wasm backend is active without `registerWasmGradients`.
 * @see Croce, Hein, "Reliable Evaluation of Adversarial Robustness with an Ensemble of Diverse Parameter-free Attacks",
 *   ICML 2020, https://arxiv.org/abs/2003.01690.
 *
 * @example
 * import { autoPgd } from '@cnnviz/adversarial';
 *
 * const { images: adversarial, fooled } = await autoPgd(model, images, labels, {
 *   epsilon: 8 / 255,
 *   bounds: [0, 1],
 *   loss: 'dlr',
 *   steps: 10,
 *   seed: 0,
 * });
 */
export async function autoPgd(
  model: Classifier,
  images: Tensor4D,
  labels: Tensor1D,
  options: AutoPgdOptions,
): Promise<AttackResult> {
  const check = checker('@cnnviz/adversarial', 'autoPgd');
  check.options(options);
  requireLongWork(check, options);
  const randomStart = check.boolean('randomStart', options.randomStart ?? true);
  const restarts = check.number('restarts', options.restarts ?? 1, { integer: true, min: 1 });
  if (restarts > 1 && !randomStart) check.fail('range', 'restarts', '1 without randomStart', restarts);
  const targeted = check.boolean('targeted', options.targeted ?? false);
  const targetClasses = check.number('targetClasses', options.targetClasses ?? 0, { integer: true, min: 0 });
  if (targeted && targetClasses > 0) check.fail('range', 'targetClasses', '0 with targeted', targetClasses);
  const settings: AutoPgdSettings = {
    epsilon: check.number('epsilon', options.epsilon, { min: 0 }),
    bounds: check.bounds('bounds', options.bounds),
    norm: check.oneOf('norm', options.norm ?? 'linf', ['linf', 'l2']),
    loss: check.oneOf('loss', options.loss ?? 'cross-entropy', ascentLosses),
    steps: check.number('steps', options.steps ?? 100, { integer: true, min: 0 }),
    earlyStop: check.boolean('earlyStop', options.earlyStop ?? false),
    targeted,
    targetClasses,
    restarts,
  };
  const seed = check.seed('seed', options.seed === undefined ? 0 : options.seed);
  const classes = await checkAttack(check, model, images, labels, settings.bounds);
  if (settings.loss === 'dlr' && classes < fewestClasses(targeted || targetClasses > 0)) {
    check.fail('range', 'loss', `"cross-entropy" for a model of ${classes} classes`, 'dlr');
  }
  throwIfAborted(options);
  const randoms = randomStart ? randomsOfImages(seed, numbersFrom(0, images.shape[0])) : undefined;
  return searchWithAutoPgd(check, model, images, [...(await labels.data<'int32'>())], settings, randoms, options);
}

export interface AutoPgdSettings extends AscentSettings {
  restarts: number;
  targetClasses: number;
}

/** `autoPgd` with arguments that are checked already. */
export async function searchWithAutoPgd(
  check: Check,
  model: Classifier,
  images: Tensor4D,
  labels: readonly number[],
  settings: AutoPgdSettings,
  randoms: readonly Random[] | undefined,
  work: LongWork<AttackProgress>,
): Promise<AttackResult> {
  const { epsilon, restarts, steps, targetClasses } = settings;
  const clean = await scoreClean(check, model, images, labels, settings.targeted);
  const { scores } = clean;
  const failures = noFailures(check, labels.length);
  for (const [place, { broken }] of scores.entries()) if (broken) failures.add(place, 0, broken);
  failures.requireSomeLeft();
  const runs = epsilon === 0 ? [] : runsOf(clean.logits, labels, targetClasses, restarts);
  let result = tf.clone(images);
  try {
    for (const [run, towards] of runs.entries()) {
      const places = labels.flatMap((_, place) => (scores[place]!.fooled || failures.has(place) ? [] : [place]));
      if (places.length === 0) break;
      const fooledBefore = scores.filter(({ fooled }) => fooled).length;
      const chosen = takeImages(images, places);
      try {
        const start = startPoints(
          chosen,
          places.map((place) => randoms?.[place]),
          settings,
        );
        const examples = {
          images: chosen,
          labels: places.map((place) => labels[place]!),
          towards: towards && places.map((place) => towards[place]!),
        };
        const giveUp = (row: number, step: number, broken: Broken) => {
          failures.add(places[row]!, run * steps + step, broken);
          failures.requireSomeLeft();
        };
        const ascent = await adaptiveAscent(check, model, examples, start, settings, giveUp, (step, fooled) =>
          reportProgress(work, { done: run * steps + step, total: runs.length * steps, fooled: fooledBefore + fooled }),
        ).finally(() => tf.dispose(start));
        try {
          result = keepFurther(result, ascent.images, places, ascent.scores, scores, run === 0);
        } finally {
          tf.dispose(ascent.images);
        }
      } finally {
        tf.dispose(chosen);
      }
    }
  } catch (error) {
    tf.dispose(result);
    throw error;
  }
  return {
    images: result,
    fooled: scores.map(({ fooled }) => fooled),
    predictions: scores.map(({ prediction }) => prediction),
    failed: failures.list(),
  };
}

async function scoreClean(
  check: Check,
  model: Classifier,
  images: Tensor4D,
  labels: readonly number[],
  targeted: boolean,
) {
  const { logits, values } = tf.tidy(() => {
    const logits = tf.clone(checkLogits(check, askAtOnce(check, model, images), images.shape[0]));
    const onDevice = tf.tensor1d([...labels], 'int32');
    return { logits, values: scoresOf(logits, onDevice, tf.zeros([labels.length])) };
  });
  try {
    const scores = await readScores(values, labels, targeted);
    const flat = await logits.data();
    const classes = logits.shape[1];
    return { scores, logits: labels.map((_, place) => flat.subarray(place * classes, (place + 1) * classes)) };
  } finally {
    tf.dispose([logits, values]);
  }
}

/** What each run leads to: for each image a class, or nothing of its own. */
function runsOf(
  logits: readonly ArrayLike<number>[],
  labels: readonly number[],
  targetClasses: number,
  restarts: number,
): (number[] | undefined)[] {
  if (targetClasses === 0) return Array.from({ length: restarts }, () => undefined);
  const likeliest = labels.map((label, place) =>
    Array.from(logits[place]!, (_, candidate) => candidate)
      .filter((candidate) => candidate !== label)
      .sort((a, b) => logits[place]![b]! - logits[place]![a]!),
  );
  const targets = Math.min(targetClasses, likeliest[0]?.length ?? 0);
  return Array.from({ length: targets }, (_, rank) => likeliest.map((candidates) => candidates[rank]!)).flatMap(
    (towards) => Array.from({ length: restarts }, () => towards),
  );
}

function startPoints(
  images: Tensor4D,
  randoms: readonly (Random | undefined)[],
  { norm, epsilon, bounds }: AutoPgdSettings,
): Tensor4D {
  const size = images.size / images.shape[0];
  const noise = new Float32Array(images.size);
  for (const [image, random] of randoms.entries()) {
    if (random === undefined) return tf.clone(images);
    randomOnSphere(random, noise.subarray(image * size, (image + 1) * size), norm, epsilon);
  }
  return tf.tidy(() => perturb(images, projectToBall(tf.tensor4d(noise, images.shape), norm, epsilon), bounds));
}

/** Puts points into the result where they are further than what is there. Disposes the result before, changes `scores`. */
function keepFurther(
  result: Tensor4D,
  points: Tensor4D,
  places: readonly number[],
  pointScores: readonly Score[],
  scores: Score[],
  isFirst: boolean,
): Tensor4D {
  const rows = places.flatMap((place, row) => {
    const { broken, fooled, advance } = pointScores[row]!;
    const isFurther = isFirst || fooled || advance > scores[place]!.advance;
    return broken !== 'logits' && isFurther ? [row] : [];
  });
  const replaced = rows.map((row) => places[row]!);
  const kept = scores.flatMap((_, place) => (replaced.includes(place) ? [] : [place]));
  for (const row of rows) scores[places[row]!] = pointScores[row]!;
  const joined = tf.tidy(() =>
    joinParts([
      ...(rows.length > 0 ? [{ places: replaced, images: takeImages(points, rows) }] : []),
      ...(kept.length > 0 ? [{ places: kept, images: takeImages(result, kept) }] : []),
    ]),
  );
  tf.dispose(result);
  return joined;
}
