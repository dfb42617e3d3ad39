import type { Bounds, Check, Classifier, LongWork } from '@cnnviz/internal';
import {
  askAtOnce,
  checker,
  oneHot,
  reportProgress,
  requireLongWork,
  sumPerImage,
  throwIfAborted,
  whereRows,
} from '@cnnviz/internal';
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { noFailures } from '../batches/failures.ts';
import { takeImages } from '../batches/take-images.ts';
import { perturb } from '../geometry/perturb.ts';
import { lengthPerImage } from '../geometry/project-to-ball.ts';
import { oneIfZero, perImage, stepDirection } from '../geometry/step-direction.ts';
import { checkLogits, logitsAndGradient } from '../losses/logits-and-gradient.ts';
import type { AttackProgress, AttackResult } from './attack-result.ts';
import { checkAttack } from './check-attack.ts';

/** How short a step may be, as a share of those before it together. */
const MINIMUM_SHARE = 1e-4;

const deepFoolNorms = ['l2', 'linf'] as const;

export interface DeepFoolOptions extends LongWork<AttackProgress> {
  /** What a valid pixel may be: the range that the model was trained on. */
  bounds: Bounds;
  /** What the distance is measured in. Default: `l2`, as the paper. */
  norm?: (typeof deepFoolNorms)[number];
  /** How many classes are considered, >= 2: the label and the others with the largest logits. Default: 10, as foolbox. */
  candidates?: number;
  /** How far beyond the boundary the points lie, >= 0, as a share of the way to it. Default: 0.02, as the paper. */
  overshoot?: number;
  /** Default: 50, as the paper's code and foolbox. */
  steps?: number;
}

export interface DeepFoolResult extends AttackResult {
  /** For each image, how far it was moved, in the units of the pixels; null if no point fooled the model. */
  distances: (number | null)[];
}

/**
 * DeepFool: the nearest boundary of the linearised model, again and again until the image is beyond one.
 *
 * A step leads to the class k whose boundary is nearest, |z_k - z_y| / ‖∇(z_k - z_y)‖, dual norm, and straight to that
 * boundary. Steps are added up, and the point is the image plus the sum times 1 + `overshoot`, clipped to `bounds`. On a
 * linear classifier where no pixel meets `bounds` the first step is exact: the distance is the least there is, times
 * 1 + `overshoot`. An image that fools takes no further step and costs nothing more.
 *
 * As in foolbox, the candidates are chosen at the image, and what counts as left is the label. Where pixels are held by
 * `bounds` every step covers the same share of the way that is left, and would never end. foolbox adds 1e-4 to each; here
 * a step is at least a ten-thousandth of those before it together, and at least (max - min) 2^-20, so that an image next
 * to a boundary is not moved further than it needs.
 *
 * @param model Images `[n, h, w, c]` to logits `[n, classes]`.
 * @param images `[n, h, w, c]` inside `bounds`; not modified.
 * @param labels Class of each image, `[n]` int32: what to lead away from. The attack has no targets.
 * @returns In `images`, which the caller disposes, for each image the first point that fools, inside `bounds`, or the image unchanged if none does.
 *   The rest is plain data.
 * @throws RangeError if an option is out of its range, an image outside `bounds`, or a label without a logit.
 * @throws TypeError if an argument is of another kind, or `model` does not return logits `[n, 2 or more]`.
 * @throws Error if no image is left whose logits and gradients are finite (and at which step), no gradients are
 *   registered, or the wasm backend is active without `registerWasmGradients`.
 * @see Moosavi-Dezfooli, Fawzi, Frossard, "DeepFool: a simple and accurate method to fool deep neural networks", CVPR
 *   2016, https://arxiv.org/abs/1511.04599.
 *
 * @example
 * import { deepFool } from '@cnnviz/adversarial';
 *
 * const { images: adversarial, distances } = await deepFool(model, images, labels, { bounds: [0, 1] });
 */
export async function deepFool(
  model: Classifier,
  images: Tensor4D,
  labels: Tensor1D,
  options: DeepFoolOptions,
): Promise<DeepFoolResult> {
  const check = checker('@cnnviz/adversarial', 'deepFool');
  check.options(options);
  requireLongWork(check, options);
  const bounds = check.bounds('bounds', options.bounds);
  const norm = check.oneOf('norm', options.norm ?? 'l2', deepFoolNorms);
  const candidates = check.number('candidates', options.candidates ?? 10, { integer: true, min: 2 });
  const overshoot = check.number('overshoot', options.overshoot ?? 0.02, { min: 0 });
  const steps = check.number('steps', options.steps ?? 50, { integer: true, min: 0 });
  await checkAttack(check, model, images, labels, bounds);
  throwIfAborted(options);

  const minimumMove = (bounds[1] - bounds[0]) * 2 ** -20;
  const wanted = await labels.data<'int32'>();
  const predictions = [...wanted];
  const fooled = predictions.map(() => false);
  const finished: Tensor4D[] = [];
  let others: number[][] = [];
  let active = [...predictions.keys()];
  let points = tf.clone(images);
  let moves = tf.zerosLike(images);
  const failures = noFailures(check, predictions.length);
  try {
    for (let step = 0; ; step++) {
      const logits = await readLogits(check, model, points);
      if (step === 0) others = logits.map((row, image) => largestOthers(row, wanted[image]!, candidates - 1));
      const open: number[] = [];
      for (const [index, image] of active.entries()) {
        if (!logits[index]!.every(Number.isFinite)) {
          if (step === 0) predictions[image] = -1;
          failures.add(image, step, 'logits');
        }
        if (failures.has(image)) continue;
        predictions[image] = indexOfLargest(logits[index]!);
        fooled[image] = predictions[image] !== wanted[image];
        if (fooled[image]) finished[image] = takeImages(points, [index]);
        else open.push(index);
      }
      failures.requireSomeLeft();
      await reportProgress(options, { done: step, total: steps, fooled: fooled.filter(Boolean).length });
      if (open.length === 0 || step === steps) break;
      active = open.map((index) => active[index]!);
      const classes = { labels: active.map((image) => wanted[image]!), others: active.map((image) => others[image]!) };
      const next = tf.tidy(() => {
        const from = takeImages(points, open);
        const before = takeImages(moves, open);
        const minimumMoves = tf.maximum(tf.mul(lengthPerImage(before, norm), MINIMUM_SHARE), minimumMove);
        const move = moveToNearestBoundary(check, model, from, classes, norm, minimumMoves, wanted.length);
        const sum = tf.add(before, move) as Tensor4D;
        const beyond = tf.mul(sum, 1 + overshoot) as Tensor4D;
        return [perturb(takeImages(images, active), beyond, bounds), sum] as const;
      });
      tf.dispose([points, moves]);
      [points, moves] = next;
      for (const index of await brokenMoves(moves)) failures.add(active[index]!, step, 'gradients');
      failures.requireSomeLeft();
    }
    for (const image of predictions.keys()) finished[image] ??= takeImages(images, [image]);
    const lengths = tf.tidy(() => lengthPerImage(tf.sub(tf.concat(finished), images) as Tensor4D, norm));
    const distances = await lengths.data();
    tf.dispose(lengths);
    return {
      images: tf.concat(finished),
      fooled,
      predictions,
      failed: failures.list(),
      distances: fooled.map((isFooled, image) => (isFooled ? distances[image]! : null)),
    };
  } finally {
    tf.dispose([points, moves, ...finished.filter(Boolean)]);
  }
}

/** The logits of the images still under attack, on the host. */
async function readLogits(check: Check, model: Classifier, points: Tensor4D): Promise<Float32Array[]> {
  const logits = tf.tidy(() => tf.clone(checkLogits(check, askAtOnce(check, model, points), points.shape[0])));
  try {
    const values = (await logits.data()) as Float32Array;
    const classes = logits.shape[1];
    return Array.from({ length: logits.shape[0] }, (_, index) =>
      values.subarray(index * classes, (index + 1) * classes),
    );
  } finally {
    tf.dispose(logits);
  }
}

/** The rows of moves that are not finite. */
async function brokenMoves(moves: Tensor4D): Promise<number[]> {
  const finite = tf.tidy(() => sumPerImage(tf.mul(moves, 0)));
  try {
    return [...(await finite.data())].flatMap((value, index) => (Number.isFinite(value) ? [] : [index]));
  } finally {
    tf.dispose(finite);
  }
}

function indexOfLargest(row: Float32Array): number {
  return row.reduce((best, value, index) => (value > row[best]! ? index : best), 0);
}

/** The classes with the largest logits, without the label. */
function largestOthers(row: Float32Array, label: number, count: number): number[] {
  const others = [...row.keys()].filter((index) => index !== label);
  return others.sort((first, second) => row[second]! - row[first]!).slice(0, count);
}

/** A pass of few small images takes hardly longer than one of a single image. */
const imagesPerPass = 10;

/**
 * A gradient for each candidate of each image. Candidates share a pass up to `imagesPerPass` images, or as many as the
 * attack was given; only the nearest boundary is kept.
 */
function moveToNearestBoundary(
  check: Check,
  model: Classifier,
  points: Tensor4D,
  classes: { labels: number[]; others: number[][] },
  norm: (typeof deepFoolNorms)[number],
  minimumMoves: Tensor,
  batchSize: number,
): Tensor4D {
  const count = classes.labels.length;
  const ranks = [...classes.others[0]!.keys()];
  const ranksPerPass = Math.max(1, Math.floor(Math.max(batchSize, imagesPerPass) / count));
  let nearest: Tensor = tf.fill([count], 3e38);
  let move: Tensor = tf.zerosLike(points);
  for (let first = 0; first < ranks.length; first += ranksPerPass) {
    [nearest, move] = tf.tidy(() => {
      const together = ranks.slice(first, first + ranksPerPass);
      const candidates = tf.tensor1d(
        together.flatMap((rank) => classes.others.map((ranked) => ranked[rank]!)),
        'int32',
      );
      const labels = tf.tensor1d(
        together.flatMap(() => classes.labels),
        'int32',
      );
      const lead = (logits: Tensor2D): Tensor2D =>
        tf.sub(oneHot(candidates, logits.shape[1]), oneHot(labels, logits.shape[1]));
      const repeated = tf.tile(points, [together.length, 1, 1, 1]);
      const { logits, gradient } = logitsAndGradient(check, model, repeated, lead);
      const gaps = tf.abs(tf.sum(tf.mul(logits, lead(logits)), 1));
      const slopes = lengthPerImage(gradient, norm === 'l2' ? 'l2' : 'l1');
      const minimum = tf.tile(minimumMoves, [together.length]);
      const distances = tf.maximum(tf.div(gaps, oneIfZero(slopes)), minimum) as Tensor1D;
      const steps = tf.mul(stepDirection(gradient, norm, 'gradient'), perImage(distances));
      let best: [Tensor, Tensor] = [nearest, move];
      for (const index of together.keys()) {
        const ofCandidate = <T extends Tensor>(tensor: T): T => tf.slice(tensor, index * count, count);
        const distance = ofCandidate(distances);
        const isNearer = tf.logicalAnd(tf.less(distance, best[0]), tf.greater(ofCandidate(slopes), 0)) as Tensor1D;
        const chosen = whereRows(isNearer, ofCandidate(steps), best[1]);
        // NaN in a gradient that is not chosen must not be lost.
        best = [tf.where(isNearer, distance, best[0]), tf.add(chosen, tf.mul(ofCandidate(gradient), 0))];
      }
      return best;
    });
  }
  return move as Tensor4D;
}
