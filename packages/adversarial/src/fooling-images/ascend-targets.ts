import type { Check, Classifier } from '@cnnviz/internal';
import { gaussianBlur, oneHot, sumPerImage } from '@cnnviz/internal';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Broken } from '../batches/failures.ts';
import { oneIfZero, perImage } from '../geometry/step-direction.ts';
import { logOdds, logOddsGradient } from '../losses/log-odds.ts';
import { logitsAndGradient } from '../losses/logits-and-gradient.ts';
import { wantedLogOddsGain } from '../losses/wanted-gain.ts';
import type { FoolingSettings } from './fooling-options.ts';

export interface Evaluation {
  /** `[n, 4]`: the fields of `FoolingScore`. */
  scores: Tensor2D;
  /** The objective's gradient, scaled so that the largest absolute value of each image is 1, `[n, h, w, c]`. */
  direction: Tensor4D;
  classes: number;
}

/** Scores the images and computes the direction of their next step. */
export function evaluate(
  check: Check,
  model: Classifier,
  images: Tensor4D,
  labels: Tensor1D,
  objective: FoolingSettings['objective'],
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

/** What the model makes of one image. */
export interface FoolingScore {
  logOdds: number;
  margin: number;
  /** Largest absolute value of the gradient. */
  steepest: number;
  /** Squared length of the direction. */
  squaredLength: number;
  /** The values that are not finite, if any are not. */
  broken: Broken | undefined;
}

export async function readScores(scores: Tensor2D): Promise<FoolingScore[]> {
  const values = await scores.data();
  return Array.from({ length: scores.shape[0] }, (_, image) => {
    const [logOdds = 0, margin = 0, steepest = 0, squaredLength = 0] = values.subarray(4 * image, 4 * image + 4);
    const hasGradient = Number.isFinite(steepest) && Number.isFinite(squaredLength);
    const broken = Number.isFinite(logOdds) ? (hasGradient ? undefined : 'gradients') : 'logits';
    return { logOdds, margin, steepest, squaredLength, broken };
  });
}

/** Takes one step: along the direction, back towards the mean, blur, clip. */
export function ascend(
  images: Tensor4D,
  direction: Tensor4D,
  scores: readonly FoolingScore[],
  step: number,
  settings: FoolingSettings,
): Tensor4D {
  const { bounds, mean, decay, blur, blurEvery } = settings;
  return tf.tidy(() => {
    const lengths = perImage(tf.tensor1d(scores.map((score) => stepLength(score, settings))));
    const fromMean = tf.sub(tf.add(images, tf.mul(direction, lengths)), mean);
    const drawnIn = tf.add(tf.mul(fromMean, 1 - decay), mean) as Tensor4D;
    const isBlurred = blur > 0 && (step + 1) % blurEvery === 0;
    return tf.clipByValue(isBlurred ? gaussianBlur(drawnIn, blur) : drawnIn, ...bounds) as Tensor4D;
  });
}

/** How far the steepest value of an image moves. */
function stepLength(score: FoolingScore, settings: FoolingSettings): number {
  const { logOdds, steepest, squaredLength, broken } = score;
  const { objective, learningRate, wanted, stopAt, bounds } = settings;
  if (broken || steepest === 0 || sigmoid(logOdds) >= stopAt) return 0;
  const slope = objective === 'logit' ? 1 : sigmoid(logOdds) * sigmoid(-logOdds);
  const length =
    learningRate === 'progress'
      ? wantedLogOddsGain(logOdds, wanted) / (steepest * squaredLength)
      : learningRate * slope * steepest;
  return Math.min(length, bounds[1] - bounds[0]);
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
