import type { Bounds, Classifier, LongWork } from '@cnnviz/internal';
import { checker, reportProgress, requireLongWork, sumPerImage, throwIfAborted } from '@cnnviz/internal';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { chooseImages } from '../batches/choose-images.ts';
import { type Broken, noFailures } from '../batches/failures.ts';
import { takeImages } from '../batches/take-images.ts';
import { floorToFloat32 } from '../geometry/floor-to-float32.ts';
import { perturb } from '../geometry/perturb.ts';
import { type L1Step, l1Steps, type Norm, norms, perImage, stepDirection } from '../geometry/step-direction.ts';
import { readScores, scoreImages, scoresOf } from '../losses/attack-scores.ts';
import { logOddsGradient } from '../losses/log-odds.ts';
import { logitsAndGradient } from '../losses/logits-and-gradient.ts';
import type { AttackProgress, AttackResult } from './attack-result.ts';
import { checkAttack } from './check-attack.ts';

export interface MinimalFgsmOptions extends LongWork<AttackProgress> {
  /** The largest epsilon that is tried, > 0, in the units of the pixels. */
  maxEpsilon: number;
  /** What a valid pixel may be: the range that the model was trained on. */
  bounds: Bounds;
  /** What epsilon is measured in. Default: `linf`. */
  norm?: Norm;
  /** How many multiples of `maxEpsilon` / `steps` are tried, from the least on, until one fools. Default: 20. */
  steps?: number;
  /** How far the result may lie above an epsilon that does not fool, > 0. Default: `maxEpsilon` / 10000. */
  tolerance?: number;
  /** Whether `labels` are classes to reach rather than to leave. Default: false. */
  targeted?: boolean;
  /** With `norm: 'l1'`: as in `fgsm`. Default: `gradient`. */
  l1Step?: L1Step;
}

export interface MinimalFgsmResult extends AttackResult {
  /** For each image, the epsilon that fooled the model: 0 if the image itself does, null if none did. */
  epsilons: (number | null)[];
}

/**
 * The least epsilon of `fgsm` that fools, of each image by itself.
 *
 * The direction is computed once, at the image. Along it the multiples of `maxEpsilon` / `steps` are tried from the least
 * on; below the first that fools the interval is halved until it is no longer than `tolerance`. So the epsilon fools, one
 * at most `tolerance` less does not, nor does any smaller multiple. Along a line a linear classifier leaves a class once
 * and for all, so with it the result is exact to `tolerance` where no pixel meets `bounds`; with two classes it is, in L∞
 * and L2 and in L1 with `l1Step: 'coordinate'`, the least of any attack. An image that has its epsilon costs nothing more.
 *
 * @param model Images `[n, h, w, c]` to logits `[n, classes]`.
 * @param images `[n, h, w, c]` inside `bounds`; not modified.
 * @param labels Class of each image, `[n]` int32: what to lead away from or, if `targeted`, to.
 * @returns In `images`, which the caller disposes, for each image the result of `fgsm` at its least epsilon, or the image unchanged if none fools.
 *   The rest is plain data.
 * @throws RangeError if an option is out of its range, an image outside `bounds`, or a label without a logit.
 * @throws TypeError if an argument is of another kind, or `model` does not return logits `[n, 2 or more]`.
 * @throws Error if no image is left whose logits and gradients are finite (and at which step), no gradients are
 *   registered, or the wasm backend is active without `registerWasmGradients`.
 * @see Goodfellow, Shlens, Szegedy, "Explaining and Harnessing Adversarial Examples", ICLR 2015,
 *   https://arxiv.org/abs/1412.6572.
 *
 * @example
 * import { minimalFgsm } from '@cnnviz/adversarial';
 *
 * const { images: adversarial, epsilons } = await minimalFgsm(model, images, labels, { maxEpsilon: 0.3, bounds: [0, 1] });
 */
export async function minimalFgsm(
  model: Classifier,
  images: Tensor4D,
  labels: Tensor1D,
  options: MinimalFgsmOptions,
): Promise<MinimalFgsmResult> {
  const check = checker('@cnnviz/adversarial', 'minimalFgsm');
  check.options(options);
  requireLongWork(check, options);
  const maxEpsilon = check.number('maxEpsilon', options.maxEpsilon, { above: 0 });
  const bounds = check.bounds('bounds', options.bounds);
  const norm = check.oneOf('norm', options.norm ?? 'linf', norms);
  const steps = check.number('steps', options.steps ?? 20, { integer: true, min: 1 });
  const tolerance = check.number('tolerance', options.tolerance ?? maxEpsilon / 10_000, { above: 0 });
  const targeted = check.boolean('targeted', options.targeted ?? false);
  const l1Step = check.oneOf('l1Step', options.l1Step ?? 'gradient', l1Steps);
  await checkAttack(check, model, images, labels, bounds);
  throwIfAborted(options);

  const wanted = await labels.data<'int32'>();
  const halvings = Math.max(0, Math.ceil(Math.log2(maxEpsilon / steps / tolerance)));
  const { direction, scores } = tf.tidy(() => {
    const { logits, gradient } = logitsAndGradient(check, model, images, (z) => logOddsGradient(z, labels));
    const towardsLabel = stepDirection(gradient, norm, l1Step);
    return {
      direction: tf.mul(towardsLabel, targeted ? 1 : -1) as Tensor4D,
      scores: scoresOf(logits, labels, tf.mul(sumPerImage(gradient), 0)),
    };
  });
  try {
    const atImages = await readScores(scores, wanted, targeted);
    const predictions = atImages.map(({ prediction }) => prediction);
    const searches = atImages.map(({ fooled }) => (fooled ? found : searchUpTo(maxEpsilon, steps, tolerance)));
    const failures = noFailures(check, searches.length);
    const giveUp = (image: number, step: number, broken: Broken): void => {
      failures.add(image, step, broken);
      searches[image] = { ...searches[image]!, next: null };
    };
    for (const [image, { broken, fooled }] of atImages.entries()) if (broken && !fooled) giveUp(image, 0, broken);
    failures.requireSomeLeft();
    const countFooled = () => searches.filter(({ fooling }) => fooling !== null).length;
    for (let step = 1; ; step++) {
      await reportProgress(options, { done: step, total: 1 + steps + halvings, fooled: countFooled() });
      const open = [...searches.keys()].filter((image) => searches[image]!.next !== null);
      if (open.length === 0) break;
      const trials = open.map((image) => searches[image]!.next!);
      const points = tf.tidy(() => follow(takeImages(images, open), takeImages(direction, open), trials, bounds));
      const openWanted = open.map((image) => wanted[image]!);
      const openLabels = tf.tensor1d(openWanted, 'int32');
      try {
        const results = await scoreImages(check, model, points, openLabels, openWanted, targeted);
        for (const [index, { fooled, prediction, broken }] of results.entries()) {
          const image = open[index]!;
          if (broken) giveUp(image, step, broken);
          else searches[image] = searches[image]!.after(fooled);
          if (fooled) predictions[image] = prediction;
        }
        failures.requireSomeLeft();
      } finally {
        tf.dispose([points, openLabels]);
      }
    }
    const epsilons = searches.map(({ fooling }) => fooling);
    const fooled = epsilons.map((epsilon) => epsilon !== null);
    const moved = epsilons.map((epsilon) => epsilon !== null && epsilon > 0);
    const points = tf.tidy(() => {
      const lengths = epsilons.map((epsilon) => epsilon ?? 0);
      return chooseImages(moved, follow(images, direction, lengths, bounds), images);
    });
    return { images: points, fooled, predictions, failed: failures.list(), epsilons };
  } finally {
    tf.dispose([direction, scores]);
  }
}

function follow(images: Tensor4D, direction: Tensor4D, epsilons: readonly number[], bounds: Bounds): Tensor4D {
  return perturb(images, tf.mul(direction, perImage(tf.tensor1d([...epsilons]))), bounds);
}

/** Where the search for the least epsilon of one image stands. */
interface Search {
  /** The least epsilon that is known to fool. */
  fooling: number | null;
  /** What to try next, a float32; null once there is nothing left to try. */
  next: number | null;
  after(fooled: boolean): Search;
}

const found: Search = { fooling: 0, next: null, after: () => found };

function searchUpTo(maxEpsilon: number, steps: number, tolerance: number): Search {
  const multiple = (step: number) => floorToFloat32((maxEpsilon * step) / steps);
  const scan = (step: number): Search => ({
    fooling: null,
    next: step > steps ? null : multiple(step),
    after: (fooled) => (fooled ? halve(multiple(step - 1), multiple(step)) : scan(step + 1)),
  });
  const halve = (low: number, high: number): Search => {
    const middle = floorToFloat32((low + high) / 2);
    const isDone = high - low <= tolerance || middle <= low;
    return {
      fooling: high,
      next: isDone ? null : middle,
      after: (fooled) => (fooled ? halve(low, middle) : halve(middle, high)),
    };
  };
  return scan(1);
}
