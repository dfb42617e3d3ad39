import type { Bounds, Check, Classifier, FailedImage, LongWork, Random } from '@cnnviz/internal';
import { askAtOnce, reportProgress, sign, sumPerImage } from '@cnnviz/internal';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { noFailures } from '../batches/failures.ts';
import { fullEnough, rowsWhere } from '../batches/shrink-batch.ts';
import { floorToFloat32 } from '../geometry/floor-to-float32.ts';
import { perturb } from '../geometry/perturb.ts';
import { predictionsOf, readScores } from '../losses/attack-scores.ts';
import { logOddsGradient } from '../losses/log-odds.ts';
import { checkLogits, logitsAndGradient } from '../losses/logits-and-gradient.ts';

/** Images on the host, `shape` of one. */
export interface HostImages {
  values: Float32Array;
  shape: readonly [height: number, width: number, channels: number];
}

export interface LassSettings {
  radius: number;
  alpha: number;
  beta: number;
  maxSteps: number;
  /** What points are clipped to; without, nothing but the box limits them. */
  clipTo: Bounds | undefined;
  /** The search ends after a step in which fewer images became critical. */
  stopBelow: number;
}

export interface LassProgress {
  /** Steps taken so far. */
  done: number;
  /** The most steps that the search takes. */
  total: number;
  /** Images found critical so far. */
  critical: number;
  /** Images of the search. */
  images: number;
}

export interface LassOutcome {
  /** For each image, the point at which it became critical, or else the last point. */
  points: Float32Array;
  critical: boolean[];
  /** Steps taken from each image: until it became critical, or all of them. */
  steps: number[];
  /** What the model takes each image for. */
  predictions: number[];
  /** What the model takes each point for. */
  criticalPredictions: number[];
  /** Images that were given up because their logits or gradients were not finite; their points are the images. */
  failed: FailedImage[];
}

/** The images that are still searched for, and some that were when the batch was formed. */
interface ActiveBatch {
  /** The image of each row. */
  rows: number[];
  points: Tensor4D;
  /** The corners of the box that points stay in. */
  low: Tensor4D;
  high: Tensor4D;
}

/**
 * Langevin adversarial sample search from given images.
 *
 * @param streams Where the noise of each image comes from.
 */
export async function lass(
  check: Check,
  model: Classifier,
  images: HostImages,
  streams: readonly Random[],
  settings: LassSettings,
  work: LongWork<LassProgress>,
): Promise<LassOutcome> {
  const size = tf.util.sizeFromShape([...images.shape]);
  const count = streams.length;
  const points = images.values.slice();
  const pointOf = (values: Float32Array, row: number) => values.subarray(row * size, (row + 1) * size);
  const critical = new Array<boolean>(count).fill(false);
  const steps = new Array<number>(count).fill(0);
  const predictions: number[] = [];
  const criticalPredictions: number[] = [];
  const failures = noFailures(check, count);
  const lastStep = settings.radius === 0 ? 0 : settings.maxSteps;

  let batch = formBatch(images, images.values.slice(), [...streams.keys()], settings);
  try {
    for (let step = 0; ; step++) {
      const isLast = step === lastStep;
      const { rows } = batch;
      const labels = predictions.length === 0 ? undefined : rows.map((image) => predictions[image]!);
      const isSearched = rows.map((image) => !critical[image] && !failures.has(image));
      const { scores, next } = tf.tidy(() => {
        const own = labels === undefined ? undefined : tf.tensor1d(labels, 'int32');
        if (isLast) return { scores: predictionsAt(check, model, batch.points), next: undefined };
        const noise = () => drawNoise(streams, rows, isSearched, size, settings.beta);
        return takeStep(check, model, batch, own, noise, settings.alpha);
      });
      try {
        const read = await readScores(scores, labels ?? [], false);
        if (labels === undefined) predictions.push(...read.map(({ prediction }) => prediction));
        const leaving = labels === undefined ? [] : rowsWhere(read, ({ fooled }, row) => fooled && isSearched[row]!);
        for (const row of leaving) critical[rows[row]!] = true;
        for (const row of rowsWhere(isSearched, Boolean)) {
          const { prediction, broken } = read[row]!;
          const image = rows[row]!;
          if (broken !== undefined && !critical[image]) failures.add(image, step, broken);
          steps[image] = step;
          criticalPredictions[image] = failures.has(image) ? predictions[image]! : prediction;
        }
        failures.requireSomeLeft();
        const found = critical.filter(Boolean).length;
        const searched = rowsWhere(rows, (image) => !critical[image] && !failures.has(image));
        const isStopped = step > 0 && leaving.length < settings.stopBelow;
        const isOver = isLast || isStopped || searched.length === 0;

        const settled = isOver ? [...leaving, ...searched] : leaving;
        if (settled.length > 0 && step > 0) {
          const values = await batch.points.data<'float32'>();
          for (const row of settled) points.set(pointOf(values, row), rows[row]! * size);
        }
        if (next !== undefined && !isOver) {
          const isKept = searched.length > fullEnough * rows.length;
          const formed = isKept
            ? { ...batch, points: tf.clone(next) }
            : await formSmallerBatch(images, next, batch, searched, settings);
          tf.dispose(isKept ? batch.points : [batch.points, batch.low, batch.high]);
          batch = formed;
        }
        await reportProgress(work, { done: step, total: lastStep, critical: found, images: count });
        if (isOver) break;
      } finally {
        tf.dispose([scores, next ?? []]);
      }
    }
  } finally {
    tf.dispose([batch.points, batch.low, batch.high]);
  }
  return { points, critical, steps, predictions, criticalPredictions, failed: failures.list() };
}

/** The rows of a batch that are still searched for, at the points that they come to next. By way of the host, since rows gathered on a device take longer. */
async function formSmallerBatch(
  images: HostImages,
  next: Tensor4D,
  { rows }: ActiveBatch,
  searched: readonly number[],
  settings: LassSettings,
): Promise<ActiveBatch> {
  const chosen = takeRows(await next.data<'float32'>(), searched, tf.util.sizeFromShape([...images.shape]));
  return formBatch(
    images,
    chosen,
    searched.map((row) => rows[row]!),
    settings,
  );
}

function formBatch(
  { values, shape }: HostImages,
  points: Float32Array,
  rows: number[],
  { radius, clipTo }: LassSettings,
): ActiveBatch {
  const batchShape: [number, number, number, number] = [rows.length, ...shape];
  const originals = takeRows(values, rows, tf.util.sizeFromShape([...shape]));
  const reach = floorToFloat32(radius);
  return tf.tidy(() => {
    const images = tf.tensor4d(originals, batchShape);
    const furthest = reach + originals.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
    const bounds = clipTo ?? ([-furthest, furthest] as const);
    const corner = (distance: number) => perturb(images, tf.fill(batchShape, distance), bounds);
    // Rounding keeps order, so that no point between the corners is further from the image than the corners are.
    return { rows, points: tf.tensor4d(points, batchShape), low: corner(-reach), high: corner(reach) };
  });
}

export function takeRows(values: Float32Array, rows: readonly number[], size: number): Float32Array {
  const taken = new Float32Array(rows.length * size);
  for (const [position, row] of rows.entries())
    taken.set(values.subarray(row * size, (row + 1) * size), position * size);
  return taken;
}

function predictionsAt(check: Check, model: Classifier, points: Tensor4D): Tensor2D {
  const logits = checkLogits(check, askAtOnce(check, model, points), points.shape[0]);
  return predictionsOf(logits, tf.zeros([points.shape[0]]));
}

/** Scores of the points, and where one step leads from them. */
function takeStep(
  check: Check,
  model: Classifier,
  { points, low, high }: ActiveBatch,
  labels: Tensor1D | undefined,
  drawNoise: () => Float32Array | undefined,
  alpha: number,
): { scores: Tensor2D; next: Tensor4D } {
  const ownPrediction = (logits: Tensor2D): Tensor1D => labels ?? tf.argMax(logits, 1);
  // Away from the label: the log-odds fall where the cross-entropy rises.
  const lossGradient = (logits: Tensor2D) => logOddsGradient(logits, ownPrediction(logits));
  const { logits, gradient } = logitsAndGradient(check, model, points, lossGradient);
  // Drawn while a graphics card may still be at the gradient.
  const noise = drawNoise();
  const next = tf.tidy(() => {
    const stepped = tf.sub(points, tf.mul(sign(gradient), alpha));
    const shaken = noise === undefined ? stepped : tf.add(stepped, tf.tensor4d(noise, points.shape));
    return tf.minimum(tf.maximum(shaken, low), high) as Tensor4D;
  });
  return { scores: predictionsOf(logits, tf.mul(sumPerImage(gradient), 0)), next };
}

/** Independent for each value of each image that is still searched for; the others get none. */
function drawNoise(
  streams: readonly Random[],
  rows: readonly number[],
  isSearched: readonly boolean[],
  size: number,
  beta: number,
): Float32Array | undefined {
  if (beta === 0) return undefined;
  const noise = new Float32Array(rows.length * size);
  for (const [row, image] of rows.entries()) {
    if (isSearched[row]) streams[image]!.fillNormal(noise.subarray(row * size, (row + 1) * size), 0, beta);
  }
  return noise;
}
