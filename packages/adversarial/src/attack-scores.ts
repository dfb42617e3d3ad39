import type { Check, Classifier } from '@cnnviz/internal';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { logOdds } from './log-odds.ts';
import { checkLogits } from './logits-and-gradient.ts';

/** What an attack has made of one image. */
export interface Score {
  prediction: number;
  fooled: boolean;
  /** How far the attack has come, on the scale of the log-odds. */
  advance: number;
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
 * @throws Error where logits or gradients are not finite.
 */
export async function readScores(
  check: Check,
  scores: Tensor2D,
  wanted: ArrayLike<number>,
  targeted: boolean,
  step: number,
): Promise<Score[]> {
  const values = await scores.data();
  return Array.from({ length: scores.shape[0] }, (_, image) => {
    const [prediction = 0, value = 0, gradient = 0] = values.subarray(3 * image, 3 * image + 3);
    const fail = (what: string): never =>
      check.failBecause('state', `${what} must be finite, at step ${step} those of image ${image} are not`);
    if (!Number.isFinite(value)) fail('logits');
    if (!Number.isFinite(gradient)) fail('gradients');
    const isLabel = prediction === wanted[image];
    return { prediction, fooled: isLabel === targeted, advance: targeted ? value : -value };
  });
}

/** The scores of given images: one forward pass. */
export async function scoreImages(
  check: Check,
  model: Classifier,
  images: Tensor4D,
  labels: Tensor1D,
  wanted: ArrayLike<number>,
  targeted: boolean,
  step: number,
): Promise<Score[]> {
  const scores = tf.tidy(() =>
    scoresOf(checkLogits(check, model(images), images.shape[0]), labels, tf.zeros([images.shape[0]])),
  );
  try {
    return await readScores(check, scores, wanted, targeted, step);
  } finally {
    tf.dispose(scores);
  }
}
