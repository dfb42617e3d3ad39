import type { Bounds, Check, Classifier, FailedImage, LongWork } from '@cnnviz/internal';
import {
  checker,
  createRandom,
  gaussianBlur,
  oneHot,
  reportProgress,
  requireGradients,
  requireLongWork,
  throwIfAborted,
} from '@cnnviz/internal';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { chooseImages } from '../batches/choose-images.ts';
import { type Broken, noFailures } from '../batches/failures.ts';
import { oneIfZero, perImage, sumPerImage } from '../geometry/step-direction.ts';
import { logOdds, logOddsGradient } from '../losses/log-odds.ts';
import { logitsAndGradient } from '../losses/logits-and-gradient.ts';
import { type WantedGain, wantedLogOddsGain } from '../losses/wanted-gain.ts';

export interface FoolingProgress {
  /** Iterations done, from 1. */
  iteration: number;
  iterations: number;
  /** Best probability of each target so far. */
  confidences: number[];
}

export interface FoolingImagesOptions extends LongWork<FoolingProgress> {
  /** Height, width and channels of an image. */
  shape: readonly [height: number, width: number, channels: number];
  /** The class that each image is to be taken for. */
  targets: readonly number[];
  /** What a valid pixel may be: the range that the model was trained on. */
  bounds: Bounds;
  /** Decides the noise. */
  seed: number;
  /**
   * The pixel values that the start lies around and that `decay` leads back to: one for all channels or one for each.
   * Released code: the mean image of the training set. Default: the middle of `bounds`.
   */
  mean?: number | readonly number[];
  /**
   * `gaussian`: normal noise of standard deviation `deviation` around `mean`; `uniform`: noise over the whole of
   * `bounds`; `mean`: no noise. Default: `gaussian`.
   */
  start?: 'gaussian' | 'uniform' | 'mean';
  /**
   * Standard deviation of Gaussian noise. Released code: 1 on the scale 0-255, too little to be seen. Default: that
   * share of `bounds`, (max - min) / 255.
   */
  deviation?: number;
  /**
   * What to ascend: the target's `probability`, or its `logit`, which does not care about the other classes.
   * Default: `probability`.
   */
  objective?: 'probability' | 'logit';
  /**
   * `progress`: the step that should raise the target's probability p by min(`early`, `late` (1 - p)); a number: that
   * many times the objective's gradient. Default: `progress`.
   */
  learningRate?: 'progress' | number;
  /** Largest gain of probability that `progress` wants of one iteration. Default: 0.03, as released. */
  early?: number;
  /** Largest share of the missing probability that `progress` wants. Default: 0.1, as released. */
  late?: number;
  /**
   * How much closer to `mean` each iteration pulls: 0 not at all, 1 entirely. Default: 0, the released preset without
   * regularization. Its other default, 0.01, undoes 1% of the ascent in each iteration, while `late` never gains more
   * than about 0.1 in the log-odds near p = 1: it ends about 10 above the log-odds of the mean, which is not p > 0.99
   * for every network.
   */
  decay?: number;
  /**
   * Standard deviation of the Gaussian that the images are blurred by, in pixels: 0 for none, or 0.3 and more, as
   * released (less changes next to nothing). Default: 0.
   */
  blur?: number;
  /** The images are blurred after each so many iterations, >= 1. Default: 1. */
  blurEvery?: number;
  /** How many images are tried for each target. Default: 300, as released. */
  iterations?: number;
  /**
   * An image that exceeds this probability of its target takes no further step, and the work ends once all do: 0.99
   * leaves more of the noise than 300 iterations do. Default: 1, never.
   */
  stopAt?: number;
}

/** The iteration, from 0 (the noise itself), at which each target first was …, or null where it never was. */
export interface FirstIterations {
  /** … more likely than every other class. */
  majority: (number | null)[];
  /** … above this probability. */
  '0.99': (number | null)[];
  '0.999': (number | null)[];
  '0.9999': (number | null)[];
}

export interface FoolingImages {
  /** The best image found for each target, `[targets, h, w, c]` inside `bounds`. The caller disposes. */
  images: Tensor4D;
  targets: number[];
  /** Probability of the target in `images`. */
  confidences: number[];
  /** Iteration that `images` are of. */
  bestIterations: number[];
  firstIterations: FirstIterations;
  /**
   * Images that were given up because their logits or gradients were not finite, the others having gone on without them.
   * What `images` holds of them is the best until then.
   */
  failed: FailedImage[];
  /** Iterations that were run. */
  iterations: number;
}

/**
 * Images that look like noise and are taken for a given class with near certainty, by gradient ascent from noise.
 *
 * One image for each target, all in one batch. Each iteration clips the images to `bounds`, evaluates them, and adds
 * the step; the last one does not step. Every target starts from the same noise, as in the released code; where a
 * target is repeated, its second image starts from a second noise, and so on.
 *
 * Three things differ from the released code. The best image is the best one (there, by a slip, it is the last). The
 * gradient of a probability p vanishes where the network is certain, so it is followed as that of log(p / (1 - p)),
 * which has the same direction and does not vanish. And the wanted gain of probability becomes a step along the
 * logistic curve instead of its tangent; at p near 0 the tangent would ask for steps that leave the image black and
 * white. In place of the largest learning rate (1e12), no pixel moves by more than max - min in one step.
 *
 * @param model Images `[n, h, w, c]` to logits `[n, classes]`.
 * @throws RangeError if a target has no logit, or an option is outside its range.
 * @throws TypeError if an option is of another kind, or `model` does not return logits `[n, 2 or more]`.
 * @throws Error if no image is left whose logits and gradients are finite (and at which step), no gradients are
 *   registered, or the wasm backend is active without `registerWasmGradients`.
 * @see Nguyen, Yosinski, Clune, "Deep Neural Networks are Easily Fooled", CVPR 2015, https://arxiv.org/abs/1412.1897;
 *   `find_fooling_image.py` of its released code.
 *
 * @example
 * import { foolingImages } from '@cnnviz/adversarial';
 *
 * const { images, confidences } = await foolingImages(model, {
 *   shape: [28, 28, 1],
 *   targets: [0, 1, 2],
 *   bounds: [0, 1],
 *   seed: 0,
 * });
 */
export async function foolingImages(model: Classifier, options: FoolingImagesOptions): Promise<FoolingImages> {
  const check = checker('@cnnviz/adversarial', 'foolingImages');
  check.options(options);
  requireLongWork(check, options);
  check.callable('model', model);
  const settings = checkOptions(check, options);
  requireGradients(check);
  throwIfAborted(options);
  const { targets, iterations, stopAt } = settings;
  const track = trackTargets(targets.length);
  const failures = noFailures(check, targets.length);
  const labels = tf.tensor1d(targets, 'int32');
  let images = startImages(settings);
  let best = tf.clone(images);
  try {
    for (let iteration = 0; ; iteration++) {
      const evaluation = evaluate(check, model, images, labels, settings.objective);
      try {
        if (iteration === 0) checkTargets(check, targets, evaluation.classes);
        const scores = await readScores(evaluation.scores);
        const counts = scores.map(({ broken }, image) => broken !== 'logits' && !failures.has(image));
        for (const [image, { broken }] of scores.entries()) if (broken) failures.add(image, iteration, broken);
        failures.requireSomeLeft();
        best = replace(best, chooseImages(track.add(scores, counts, iteration), images, best));
        images = replace(images, ascend(images, evaluation.direction, scores, iteration, settings));
      } finally {
        tf.dispose([evaluation.scores, evaluation.direction]);
      }
      const done = iteration + 1;
      const { confidences, bestIterations, firstIterations } = track;
      await reportProgress(options, { iteration: done, iterations, confidences: [...confidences] });
      const isOver = confidences.every((confidence, image) => confidence > stopAt || failures.has(image));
      if (done === iterations || isOver) {
        const failed = failures.list();
        return { images: best, targets, confidences, bestIterations, firstIterations, failed, iterations: done };
      }
    }
  } catch (error) {
    tf.dispose(best);
    throw error;
  } finally {
    tf.dispose([labels, images]);
  }
}

const LEAST_BLUR = 0.3;

interface Settings {
  shape: readonly [height: number, width: number, channels: number];
  targets: number[];
  bounds: Bounds;
  seed: number;
  /** One for each channel. */
  mean: number[];
  start: NonNullable<FoolingImagesOptions['start']>;
  deviation: number;
  objective: NonNullable<FoolingImagesOptions['objective']>;
  learningRate: 'progress' | number;
  wanted: WantedGain;
  decay: number;
  blur: number;
  blurEvery: number;
  iterations: number;
  stopAt: number;
}

function checkOptions(check: Check, options: FoolingImagesOptions): Settings {
  const shape = check.shape('shape', options.shape, 3);
  const bounds = check.bounds('bounds', options.bounds);
  const [min, max] = bounds;
  const { targets, learningRate = 'progress' } = options;
  if (!Array.isArray(targets)) check.fail('type', 'targets', 'an array of classes', targets);
  if (targets.length === 0) check.fail('range', 'targets', 'at least one class', targets);
  const mean = options.mean ?? (min + max) / 2;
  const means = typeof mean === 'number' ? shape.slice(2).flatMap((channels) => Array(channels).fill(mean)) : mean;
  if (!Array.isArray(means)) check.fail('type', 'mean', 'a number or one for each channel', mean);
  if (means.length !== shape[2]) check.fail('range', 'mean', `a number or ${shape[2]} of them`, mean);
  return {
    shape,
    bounds,
    targets: targets.map((target) => check.number('targets', target, { integer: true, min: 0 })),
    seed: check.seed('seed', options.seed),
    mean: means.map((level) => check.number('mean', level, { min, max })),
    start: check.oneOf('start', options.start ?? 'gaussian', ['gaussian', 'uniform', 'mean']),
    deviation: check.number('deviation', options.deviation ?? (max - min) / 255, { min: 0 }),
    objective: check.oneOf('objective', options.objective ?? 'probability', ['probability', 'logit']),
    learningRate: learningRate === 'progress' ? learningRate : check.number('learningRate', learningRate, { above: 0 }),
    wanted: {
      early: check.number('early', options.early ?? 0.03, { above: 0, below: 1 }),
      late: check.number('late', options.late ?? 0.1, { above: 0, below: 1 }),
    },
    decay: check.number('decay', options.decay ?? 0, { min: 0, max: 1 }),
    blur: checkBlur(check, options.blur ?? 0),
    blurEvery: check.number('blurEvery', options.blurEvery ?? 1, { integer: true, min: 1 }),
    iterations: check.number('iterations', options.iterations ?? 300, { integer: true, min: 1 }),
    stopAt: check.number('stopAt', options.stopAt ?? 1, { min: 0, max: 1 }),
  };
}

function checkBlur(check: Check, blur: number): number {
  if (check.number('blur', blur, { min: 0 }) > 0 && blur < LEAST_BLUR) {
    check.fail('range', 'blur', `0 or a number >= ${LEAST_BLUR}`, blur);
  }
  return blur;
}

function checkTargets(check: Check, targets: readonly number[], classes: number): void {
  for (const target of targets) check.number('targets', target, { integer: true, min: 0, max: classes - 1 });
}

function startImages({ shape, targets, bounds, seed, mean, start, deviation }: Settings): Tensor4D {
  const [min, max] = bounds;
  const random = createRandom(seed);
  const drawStart = (): Float32Array => {
    const pixels = new Float32Array(shape[0] * shape[1] * shape[2]);
    if (start === 'uniform') return random.fillUniform(pixels, min, max);
    if (start === 'gaussian') random.fillNormal(pixels, 0, deviation);
    return pixels.map((noise, index) => Math.min(max, Math.max(min, noise + mean[index % mean.length]!)));
  };
  const starts: Float32Array[] = [];
  const repetitions = new Map<number, number>();
  const images = targets.map((target) => {
    const repetition = repetitions.get(target) ?? 0;
    repetitions.set(target, repetition + 1);
    starts[repetition] ??= drawStart();
    return tf.tensor3d(starts[repetition], [...shape]);
  });
  const stacked = tf.stack(images) as Tensor4D;
  tf.dispose(images);
  return stacked;
}

interface Evaluation {
  /** `[n, 4]`: what `Score` holds. */
  scores: Tensor2D;
  /** The objective's gradient, scaled so that the largest absolute value of each image is 1, `[n, h, w, c]`. */
  direction: Tensor4D;
  classes: number;
}

function evaluate(
  check: Check,
  model: Classifier,
  images: Tensor4D,
  labels: Tensor1D,
  objective: Settings['objective'],
): Evaluation {
  return tf.tidy(() => {
    const { logits, gradient } = logitsAndGradient(check, model, images, (logits) =>
      objective === 'logit' ? oneHot(labels, logits.shape[1]) : logOddsGradient(logits, labels),
    );
    const { value, margin } = logOdds(logits, labels);
    const steepest = tf.max(tf.abs(gradient), [1, 2, 3]) as Tensor1D;
    const direction = tf.div(gradient, perImage(oneIfZero(steepest) as Tensor1D)) as Tensor4D;
    const scores = tf.stack([value, margin, steepest, sumPerImage(tf.square(direction))], 1) as Tensor2D;
    return { scores, direction, classes: logits.shape[1] };
  });
}

interface Score {
  logOdds: number;
  margin: number;
  /** Largest absolute value of the gradient. */
  steepest: number;
  /** Squared length of the direction. */
  squaredLength: number;
  /** What is not finite, if anything is not. */
  broken: Broken | undefined;
}

async function readScores(scores: Tensor2D): Promise<Score[]> {
  const values = await scores.data();
  return Array.from({ length: scores.shape[0] }, (_, image) => {
    const [logOdds = 0, margin = 0, steepest = 0, squaredLength = 0] = values.subarray(4 * image, 4 * image + 4);
    const hasGradient = Number.isFinite(steepest) && Number.isFinite(squaredLength);
    const broken = Number.isFinite(logOdds) ? (hasGradient ? undefined : 'gradients') : 'logits';
    return { logOdds, margin, steepest, squaredLength, broken };
  });
}

/** The images one step further, drawn to the mean, blurred and clipped. */
function ascend(
  images: Tensor4D,
  direction: Tensor4D,
  scores: readonly Score[],
  iteration: number,
  settings: Settings,
): Tensor4D {
  const { bounds, mean, decay, blur, blurEvery } = settings;
  return tf.tidy(() => {
    const steps = perImage(tf.tensor1d(scores.map((score) => stepLength(score, settings))));
    const fromMean = tf.sub(tf.add(images, tf.mul(direction, steps)), mean);
    const drawnIn = tf.add(tf.mul(fromMean, 1 - decay), mean) as Tensor4D;
    const isBlurred = blur > 0 && (iteration + 1) % blurEvery === 0;
    return tf.clipByValue(isBlurred ? gaussianBlur(drawnIn, blur) : drawnIn, ...bounds) as Tensor4D;
  });
}

/** How far the steepest value of an image moves. */
function stepLength(score: Score, settings: Settings): number {
  const { logOdds, steepest, squaredLength, broken } = score;
  const { objective, learningRate, wanted, stopAt, bounds } = settings;
  if (broken || steepest === 0 || sigmoid(logOdds) > stopAt) return 0;
  const slope = objective === 'logit' ? 1 : sigmoid(logOdds) * sigmoid(-logOdds);
  const length =
    learningRate === 'progress'
      ? wantedLogOddsGain(logOdds, wanted) / (steepest * squaredLength)
      : learningRate * slope * steepest;
  return Math.min(length, bounds[1] - bounds[0]);
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Follows the best image of each target and the first iteration at each level. */
function trackTargets(count: number) {
  const never = (): (number | null)[] => Array(count).fill(null);
  const best: number[] = Array(count).fill(Number.NEGATIVE_INFINITY);
  const confidences: number[] = Array(count).fill(0);
  const bestIterations: number[] = Array(count).fill(0);
  const firstIterations: FirstIterations = { majority: never(), '0.99': never(), '0.999': never(), '0.9999': never() };
  /** Tells which images are the best so far, of those that count. */
  const add = (scores: readonly Score[], counts: readonly boolean[], iteration: number): boolean[] =>
    scores.map(({ logOdds, margin }, index) => {
      if (!counts[index]) return false;
      const confidence = sigmoid(logOdds);
      if (margin > 0) firstIterations.majority[index] ??= iteration;
      for (const level of ['0.99', '0.999', '0.9999'] as const) {
        if (confidence > Number(level)) firstIterations[level][index] ??= iteration;
      }
      if (logOdds <= best[index]!) return false;
      best[index] = logOdds;
      confidences[index] = confidence;
      bestIterations[index] = iteration;
      return true;
    });
  return { add, confidences, bestIterations, firstIterations };
}

function replace(previous: Tensor4D, next: Tensor4D): Tensor4D {
  tf.dispose(previous);
  return next;
}
