import type { Bounds, Check, Classifier, LongWork } from '@cnnviz/internal';
import { askAtOnce, checker, reportProgress, requireLongWork, sumPerImage, throwIfAborted } from '@cnnviz/internal';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { chooseImages } from '../batches/choose-images.ts';
import { type Broken, type Failures, noFailures } from '../batches/failures.ts';
import { lengthPerImage } from '../geometry/project-to-ball.ts';
import { logitMargin } from '../losses/logit-margin.ts';
import { checkLogits, logitsAndGradient } from '../losses/logits-and-gradient.ts';
import type { AttackProgress, AttackResult } from './attack-result.ts';
import { checkAttack } from './check-attack.ts';

export interface CarliniWagnerOptions extends LongWork<AttackProgress> {
  /** What a valid pixel may be: the range that the model was trained on. */
  bounds: Bounds;
  /** Whether `labels` are classes to reach rather than to leave. Default: false. */
  targeted?: boolean;
  /** The lead that the wrong class needs, in logits, >= 0. Default: 0. */
  margin?: number;
  /** How many constants are tried: ten times as much until one fools, then halving the interval. Default: 9. */
  binarySearchSteps?: number;
  /** The first constant, the weight of the logits against the distance, > 0. Default: 0.001. */
  initialConstant?: number;
  /** Steps of Adam for each constant. Default: 10000; 1000 with a `stepSize` ten times as large is a good start. */
  steps?: number;
  /** Step size of Adam, > 0, in the space where tanh makes pixels. Default: 0.01. */
  stepSize?: number;
  /** Whether an image is left once its loss has not fallen by 0.01% over a tenth of `steps`. Default: true. */
  abortEarly?: boolean;
}

export interface CarliniWagnerResult extends AttackResult {
  /** For each image, the Euclidean distance by which it was moved, in the units of the pixels; null where no point fooled. */
  distances: (number | null)[];
}

/**
 * The L2 attack of Carlini and Wagner: the nearest image that fools, by minimizing distance and logits together.
 *
 * Adam minimizes ‖x - image‖² + c max(0, lead + `margin`) over w, where x = tanh(w) scaled to `bounds`, so that no
 * x is outside; the lead is that of the label's logit over the largest other one or, if `targeted`, the reverse.
 * For each image c is searched for by itself. The nearest point that fooled, of all searches, is kept.
 *
 * Defaults are foolbox's. Here an image stops early by itself; there a batch does as a whole.
 *
 * @param model Images `[n, h, w, c]` to logits `[n, classes]`.
 * @param images `[n, h, w, c]` inside `bounds`; not modified.
 * @param labels Class of each image, `[n]` int32: what to lead away from or, if `targeted`, to.
 * @returns In `images`, which the caller disposes, for each image the nearest point found, inside `bounds`, or the image unchanged if none fools.
 *   The rest is plain data.
 * @throws RangeError if an option is out of its range, an image outside `bounds`, or a label without a logit.
 * @throws TypeError if an argument is of another kind, or `model` does not return logits `[n, 2 or more]`.
 * @throws Error if no image is left whose logits and gradients are finite (and at which step), no gradients are
 *   registered, or the wasm backend is active without `registerWasmGradients`.
 * @see Carlini, Wagner, "Towards Evaluating the Robustness of Neural Networks", IEEE S&P 2017,
 *   https://arxiv.org/abs/1608.04644.
 *
 * @example
 * import { carliniWagner } from '@cnnviz/adversarial';
 *
 * const { images: adversarial, distances } = await carliniWagner(model, images, labels, {
 *   bounds: [0, 1],
 *   binarySearchSteps: 3,
 *   steps: 20,
 *   stepSize: 0.1,
 * });
 */
export async function carliniWagner(
  model: Classifier,
  images: Tensor4D,
  labels: Tensor1D,
  options: CarliniWagnerOptions,
): Promise<CarliniWagnerResult> {
  const check = checker('@cnnviz/adversarial', 'carliniWagner');
  check.options(options);
  requireLongWork(check, options);
  const settings = {
    bounds: check.bounds('bounds', options.bounds),
    targeted: check.boolean('targeted', options.targeted ?? false),
    margin: check.number('margin', options.margin ?? 0, { min: 0 }),
    searches: check.number('binarySearchSteps', options.binarySearchSteps ?? 9, { integer: true, min: 1 }),
    initialConstant: check.number('initialConstant', options.initialConstant ?? 1e-3, { above: 0 }),
    steps: check.number('steps', options.steps ?? 10_000, { integer: true, min: 1 }),
    stepSize: check.number('stepSize', options.stepSize ?? 0.01, { above: 0 }),
    abortEarly: check.boolean('abortEarly', options.abortEarly ?? true),
  };
  await checkAttack(check, model, images, labels, settings.bounds);
  throwIfAborted(options);

  const failures = noFailures(check, images.shape[0]);
  const wanted = await labels.data<'int32'>();
  const best = await scoreOriginals(check, model, images, labels, wanted, settings, failures);
  const isOpen = best.distances.map((distance, image) => distance > 0 && !failures.has(image));
  let constants = isOpen.map(() => searchFrom(settings.initialConstant));
  const total = settings.searches * settings.steps;
  try {
    await reportProgress(options, { done: 0, total, fooled: countFooled(best) });
    for (let search = 0; search < settings.searches && isOpen.includes(true); search++) {
      // As foolbox: of ten searches or more, the last repeats the best constant.
      const isRepeat = settings.searches >= 10 && search === settings.searches - 1;
      const values = constants.map(({ value, upper }) => (isRepeat ? Math.min(upper, 1e10) : value));
      const giveUp = (image: number, step: number, broken: Broken): void => {
        isOpen[image] = false;
        failures.add(image, search * settings.steps + step, broken);
        failures.requireSomeLeft();
      };
      const fools = await descend(
        check,
        model,
        images,
        labels,
        wanted,
        values,
        isOpen,
        best,
        settings,
        giveUp,
        (step) => reportProgress(options, { done: search * settings.steps + step, total, fooled: countFooled(best) }),
      );
      constants = constants.map((constant, image) => narrow(constant, fools[image]!));
    }
    const fooled = best.distances.map(Number.isFinite);
    return {
      images: tf.clone(best.images),
      fooled,
      predictions: best.predictions,
      failed: failures.list(),
      distances: best.distances.map((distance, image) => (fooled[image] ? distance : null)),
    };
  } finally {
    tf.dispose(best.images);
  }
}

interface Settings {
  bounds: Bounds;
  targeted: boolean;
  margin: number;
  searches: number;
  initialConstant: number;
  steps: number;
  stepSize: number;
  abortEarly: boolean;
}

/** The nearest points that fooled so far; an image itself, at infinite distance, where none did. */
interface Best {
  images: Tensor4D;
  distances: number[];
  predictions: number[];
}

const countFooled = ({ distances }: Best) => distances.filter(Number.isFinite).length;

async function scoreOriginals(
  check: Check,
  model: Classifier,
  images: Tensor4D,
  labels: Tensor1D,
  wanted: ArrayLike<number>,
  settings: Settings,
  failures: Failures,
): Promise<Best> {
  const scores = tf.tidy(() => {
    const logits = checkLogits(check, askAtOnce(check, model, images), images.shape[0]);
    const still = tf.zeros([images.shape[0]]) as Tensor1D;
    return tf.stack(scoresOf(logits, labels, still, still, still, settings), 1) as Tensor2D;
  });
  const originals = await readScores(scores, wanted, settings.targeted);
  for (const [image, { broken }] of originals.entries()) if (broken) failures.add(image, 0, broken);
  failures.requireSomeLeft();
  return {
    images: tf.clone(images),
    distances: originals.map(({ fools }) => (fools ? 0 : Number.POSITIVE_INFINITY)),
    predictions: originals.map(({ prediction }) => prediction),
  };
}

/** What is searched for: the least constant that fools. */
interface Constant {
  value: number;
  lower: number;
  upper: number;
}

const searchFrom = (value: number): Constant => ({ value, lower: 0, upper: Number.POSITIVE_INFINITY });

function narrow({ value, ...limits }: Constant, fools: boolean): Constant {
  const lower = fools ? limits.lower : value;
  const upper = fools ? value : limits.upper;
  return { lower, upper, value: upper === Number.POSITIVE_INFINITY ? value * 10 : (lower + upper) / 2 };
}

/**
 * Adam with given constants; puts the nearest points that fool into `best`.
 *
 * @param isOpen Which images are attacked.
 * @returns Which images some point fooled for.
 */
async function descend(
  check: Check,
  model: Classifier,
  images: Tensor4D,
  labels: Tensor1D,
  wanted: ArrayLike<number>,
  constants: readonly number[],
  isOpen: readonly boolean[],
  best: Best,
  settings: Settings,
  giveUp: (image: number, step: number, broken: Broken) => void,
  report: (step: number) => Promise<void>,
): Promise<boolean[]> {
  const { steps, abortEarly, targeted } = settings;
  const isRunning = [...isOpen];
  const fools = isOpen.map(() => false);
  const lossAtCheck = isOpen.map(() => Number.POSITIVE_INFINITY);
  const checkEvery = Math.ceil(steps / 10);
  const origin = tf.tidy(() => {
    const position = toTanhSpace(images, settings.bounds);
    return { position, pixels: toPixels(tf.tanh(position), settings.bounds) };
  });
  let adam: Adam = { offset: tf.zerosLike(images), mean: tf.zerosLike(images), variance: tf.zerosLike(images) };
  try {
    for (let step = 0; step < steps; step++) {
      const { points, scores, ...next } = tf.tidy(() =>
        takeStep(check, model, images, labels, constants, origin, adam, step, settings),
      );
      tf.dispose({ ...adam });
      adam = next;
      try {
        const isNearest = (await readScores(scores, wanted, targeted)).map((score, image) => {
          if (!isRunning[image]) return false;
          if (score.broken !== undefined) {
            isRunning[image] = false;
            giveUp(image, step, score.broken);
            return false;
          }
          const loss = constants[image]! * Math.max(0, score.excess) + score.squaredOffset;
          if (abortEarly && step % checkEvery === 0) {
            isRunning[image] = loss <= 0.9999 * lossAtCheck[image]!;
            lossAtCheck[image] = loss;
          }
          if (!score.fools) return false;
          fools[image] = true;
          if (score.distance >= best.distances[image]!) return false;
          best.distances[image] = score.distance;
          best.predictions[image] = score.prediction;
          return true;
        });
        if (isNearest.includes(true)) {
          const chosen = chooseImages(isNearest, points, best.images);
          tf.dispose(best.images);
          best.images = chosen;
        }
      } finally {
        tf.dispose(points);
      }
      await report(step + 1);
      if (!isRunning.includes(true)) break;
    }
    return fools;
  } finally {
    tf.dispose([...Object.values(origin), ...Object.values(adam)]);
  }
}

/** Where Adam starts. */
interface Origin {
  /** In the space where tanh makes pixels. */
  position: Tensor4D;
  /** What tanh makes of it, a millionth from the images. */
  pixels: Tensor4D;
}

interface Adam {
  /** From the position of the origin. */
  offset: Tensor4D;
  mean: Tensor4D;
  variance: Tensor4D;
}

function takeStep(
  check: Check,
  model: Classifier,
  images: Tensor4D,
  labels: Tensor1D,
  constants: readonly number[],
  origin: Origin,
  { offset, mean, variance }: Adam,
  step: number,
  settings: Settings,
) {
  const { bounds, targeted, margin, stepSize } = settings;
  const weights = tf.tensor2d([...constants], [constants.length, 1]);
  const hingeGradient = (logits: Tensor2D): Tensor2D => {
    const ofLabel = logitMargin(logits, labels);
    const lead = targeted ? tf.neg(ofLabel.value) : ofLabel.value;
    const isActive = tf.cast(tf.greater(tf.add(lead, margin), 0), 'float32');
    const weight = tf.mul(weights, tf.expandDims(isActive, 1));
    return tf.mul(ofLabel.gradient, targeted ? tf.neg(weight) : weight);
  };
  const position = tf.tanh(tf.add(origin.position, offset)) as Tensor4D;
  const points = toPixels(position, bounds);
  const { logits, gradient } = logitsAndGradient(check, model, points, hingeGradient);

  const moved = tf.sub(points, origin.pixels) as Tensor4D;
  const slope = tf.mul(tf.sub(1, tf.square(position)), (bounds[1] - bounds[0]) / 2);
  const lossGradient = tf.mul(tf.add(gradient, tf.mul(moved, 2)), slope);
  const nextMean = tf.add(tf.mul(mean, 0.9), tf.mul(lossGradient, 0.1)) as Tensor4D;
  const nextVariance = tf.add(tf.mul(variance, 0.999), tf.mul(tf.square(lossGradient), 0.001)) as Tensor4D;
  const scale = tf.add(tf.sqrt(tf.div(nextVariance, 1 - 0.999 ** (step + 1))), 1e-8);
  const change = tf.div(tf.mul(nextMean, stepSize / (1 - 0.9 ** (step + 1))), scale);

  const distance = lengthPerImage(tf.sub(points, images) as Tensor4D, 'l2');
  const squaredOffset = sumPerImage(tf.square(moved) as Tensor4D);
  const gradientIsFinite = sumPerImage(tf.mul(gradient, 0) as Tensor4D);
  return {
    points,
    offset: tf.sub(offset, change) as Tensor4D,
    mean: nextMean,
    variance: nextVariance,
    scores: tf.stack(scoresOf(logits, labels, distance, squaredOffset, gradientIsFinite, settings), 1) as Tensor2D,
  };
}

/** The w that tanh makes the pixels of; those at the bounds are drawn in by a millionth, which makes it finite. */
function toTanhSpace(images: Tensor4D, [min, max]: Bounds): Tensor4D {
  const scaled = tf.mul(tf.div(tf.sub(images, (min + max) / 2), (max - min) / 2), 0.999999);
  return tf.mul(tf.log(tf.div(tf.add(1, scaled), tf.sub(1, scaled))), 0.5);
}

function toPixels(position: Tensor4D, [min, max]: Bounds): Tensor4D {
  return tf.clipByValue(tf.add(tf.mul(position, (max - min) / 2), (min + max) / 2) as Tensor4D, min, max);
}

interface Score {
  prediction: number;
  /** Whether the prediction is what the attack wants, by `margin` or more. */
  fools: boolean;
  /** The lead that the hinge takes down to 0, with `margin` added. */
  excess: number;
  /** From the image. */
  distance: number;
  /** Squared, from the pixels of the origin. */
  squaredOffset: number;
  /** What is not finite, if anything is not. */
  broken: Broken | undefined;
}

/** What `readScores` reads, each `[n]`. */
function scoresOf(
  logits: Tensor2D,
  labels: Tensor1D,
  distance: Tensor1D,
  squaredOffset: Tensor1D,
  gradientIsFinite: Tensor1D,
  { targeted, margin }: Settings,
): Tensor1D[] {
  const prediction = tf.cast(tf.argMax(logits, 1), 'float32') as Tensor1D;
  const { value } = logitMargin(logits, labels);
  const excess = tf.add(targeted ? tf.neg(value) : value, margin) as Tensor1D;
  return [prediction, excess, distance, squaredOffset, gradientIsFinite];
}

/** Reads and disposes them. Where two logits tie, the prediction decides whether the point fools, as in other attacks. */
async function readScores(scores: Tensor2D, wanted: ArrayLike<number>, targeted: boolean): Promise<Score[]> {
  try {
    const values = await scores.data();
    return Array.from({ length: scores.shape[0] }, (_, image) => {
      const [prediction = 0, excess = 0, distance = 0, squaredOffset = 0, gradient = 0] = values.subarray(5 * image);
      if (!Number.isFinite(excess)) return { ...unscored, broken: 'logits' };
      const isWanted = (prediction === wanted[image]) === targeted;
      return {
        prediction,
        fools: excess < 0 || (excess === 0 && isWanted),
        excess,
        distance,
        squaredOffset,
        broken: Number.isFinite(gradient) ? undefined : 'gradients',
      };
    });
  } finally {
    tf.dispose(scores);
  }
}

const unscored = { prediction: -1, fools: false, excess: Number.POSITIVE_INFINITY, distance: 0, squaredOffset: 0 };
