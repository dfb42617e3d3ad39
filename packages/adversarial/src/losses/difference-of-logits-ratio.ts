import { oneHot } from '@cnnviz/internal';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * What a loss rewards: another class than the label, the label itself, or, of all others, one class of each image
 * (`[n]` int32).
 */
export type Aim = 'leave' | 'reach' | Tensor1D;

export interface LossAndGradient {
  /** The value for each image, `[n]`. */
  value: Tensor1D;
  /** The gradient of the summed `value` with respect to the logits, `[n, classes]`. */
  gradient: Tensor2D;
}

/** Fewest classes for which the ratio is defined: it needs the third largest logit, or the fourth. */
export function fewestClasses(isTargeted: boolean): number {
  return isTargeted ? 4 : 3;
}

/**
 * DLR, the lead of a class as a share of how far the largest logits are apart. Neither scaling the logits nor adding
 * to them changes it, so it does not saturate as cross-entropy does.
 *
 * With z the logits, y the label, π1, π2, … the classes by falling logit:
 *
 * - `leave`: (max_{j≠y} z_j - z_y) / (z_π1 - z_π3).
 * - `reach`: (z_y - max_{j≠y} z_j) / (z_π1 - (z_π3 + z_π4) / 2).
 * - classes t: (z_t - z_y) / (z_π1 - (z_π3 + z_π4) / 2).
 *
 * It is to be raised. 1e-12 is added to the divisor. The gradient is in closed form, as tfjs differentiates no top-k.
 *
 * @param logits `[n, classes]`, with `fewestClasses` classes or more.
 * @param labels `[n]` int32.
 * @see Croce, Hein, "Reliable Evaluation of Adversarial Robustness with an Ensemble of Diverse Parameter-free Attacks",
 *   ICML 2020, https://arxiv.org/abs/2003.01690, equations 6 and 7.
 */
export function differenceOfLogitsRatio(logits: Tensor2D, labels: Tensor1D, aim: Aim): LossAndGradient {
  return tf.tidy(() => {
    const [count, classes] = logits.shape;
    const ranks = fewestClasses(aim !== 'leave');
    const order = tf.reshape(tf.topk(logits, ranks).indices, [-1]) as Tensor1D;
    const byRank = tf.reshape(oneHot(order, classes), [count, ranks, classes]);
    const sumOfRanks = (weights: number[]) => tf.sum(tf.mul(byRank, tf.tensor3d(weights, [1, ranks, 1])), 1);

    const first = sumOfRanks([1, 0, 0, 0].slice(0, ranks));
    const second = sumOfRanks([0, 1, 0, 0].slice(0, ranks));
    const isLabel = oneHot(labels, classes);
    const labelLeads = tf.sum(tf.mul(first, isLabel), 1, true);
    const isRival = tf.add(tf.mul(first, tf.sub(1, labelLeads)), tf.mul(second, labelLeads));
    const lead = leadOf(aim, isLabel, isRival, classes);
    const spread = sumOfRanks(aim === 'leave' ? [1, 0, -1] : [1, 0, -0.5, -0.5]);

    const divisor = tf.add(tf.sum(tf.mul(logits, spread), 1, true), 1e-12);
    const ratio = tf.div(tf.sum(tf.mul(logits, lead), 1, true), divisor);
    const value = tf.squeeze(ratio, [1]) as Tensor1D;
    return { value, gradient: tf.div(tf.sub(lead, tf.mul(ratio, spread)), divisor) as Tensor2D };
  });
}

function leadOf(aim: Aim, isLabel: Tensor2D, isRival: Tensor, classes: number): Tensor {
  if (aim === 'leave') return tf.sub(isRival, isLabel);
  if (aim === 'reach') return tf.sub(isLabel, isRival);
  return tf.sub(oneHot(aim, classes), isLabel);
}
