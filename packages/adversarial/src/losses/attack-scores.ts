import { askAtOnce, type Check, type Classifier } from '@cnnviz/internal';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Broken } from '../batches/failures.ts';
import { logOdds } from './log-odds.ts';
import { checkLogits } from './logits-and-gradient.ts';

/** What an attack has made of one image. */
export interface Score {
  /** -1 where logits are not finite. */
  prediction: number;
  fooled: boolean;
  /** How far the attack has come, on the scale of the log-odds. */
  advance: number;
  /** What is not finite, if anything is not. */
  broken?: Broken;
}

/** `[n, 3]`: the prediction, the log-odds of the label, and 0 where the gradient is finite. */
export function scoresOf(logits: Tensor2D, labels: Tensor1D, zeroIfFinite: Tensor1D): Tensor2D {
  return predictionsOf(logits, zeroIfFinite, logOdds(logits, labels).value);
}

/** The same with 0 for the log-odds, where nobody asks for them; NaN still, where logits are not finite. */
export function predictionsOf(
  logits: Tensor2D,
  zeroIfFinite: Tensor1D,
  value: Tensor1D = tf.mul(tf.sum(logits, 1), 0),
): Tensor2D {
  const prediction = tf.cast(tf.argMax(logits, 1), 'float32') as Tensor1D;
  return tf.stack([prediction, value, zeroIfFinite], 1) as Tensor2D;
}

/**
 * Reads what `scoresOf` or `predictionsOf` computed.
 *
 * @param wanted The labels, on the host.
 */
export async function readScores(scores: Tensor2D, wanted: ArrayLike<number>, targeted: boolean): Promise<Score[]> {
  const values = await scores.data();
  return Array.from({ length: scores.shape[0] }, (_, image) => {
    const [prediction = 0, value = 0, gradient = 0] = values.subarray(3 * image, 3 * image + 3);
    if (!Number.isFinite(value)) return unscored;
    const isLabel = prediction === wanted[image];
    const score = { prediction, fooled: isLabel === targeted, advance: targeted ? value : -value };
    return Number.isFinite(gradient) ? score : { ...score, broken: 'gradients' };
  });
}

const unscored: Score = { prediction: -1, fooled: false, advance: Number.NEGATIVE_INFINITY, broken: 'logits' };

/** The scores of given images: one forward pass. */
export async function scoreImages(
  check: Check,
  model: Classifier,
  images: Tensor4D,
  labels: Tensor1D,
  wanted: ArrayLike<number>,
  targeted: boolean,
): Promise<Score[]> {
  const scores = tf.tidy(() =>
    scoresOf(checkLogits(check, askAtOnce(check, model, images), images.shape[0]), labels, tf.zeros([images.shape[0]])),
  );
  try {
    return await readScores(scores, wanted, targeted);
  } finally {
    tf.dispose(scores);
  }
}
