import { type AttackProgress, minimalFgsm, pgd } from '@cnnviz/adversarial';
import type { Bounds, Classifier } from '@cnnviz/internal';
import type * as tf from '@tensorflow/tfjs-core';
import type { Work } from './jobs.ts';

export interface SmallestPgdOptions {
  bounds: Bounds;
  maxEpsilon: number;
  /** Of each attack. */
  steps: number;
}

/** How often the interval between an epsilon that fools and one that does not is halved. */
const halvings = 7;

/**
 * The least epsilon of `pgd` that fools, to about a 128th of what `fgsm` needs, or of `maxEpsilon` where that does not fool.
 *
 * @param image `[1, h, w, c]`.
 * @returns What `pgd` makes of the image there, which the caller disposes, or undefined if none up to `maxEpsilon` fools.
 */
export async function smallestPgd(
  model: Classifier,
  image: tf.Tensor4D,
  label: tf.Tensor1D,
  { bounds, maxEpsilon, steps }: SmallestPgdOptions,
  work: Work<AttackProgress>,
): Promise<{ image: tf.Tensor4D; epsilon: number } | undefined> {
  const { signal } = work;
  const total = (1 + halvings) * steps;
  const attack = async (epsilon: number, round: number) => {
    const onProgress = ({ done, fooled }: AttackProgress) =>
      work.onProgress({ done: round * steps + done, total, fooled });
    const options = { epsilon, bounds, steps, stepSize: (2.5 * epsilon) / steps, earlyStop: true } as const;
    const { images, fooled } = await pgd(model, image, label, { ...options, randomStart: false, signal, onProgress });
    if (fooled[0]) return images;
    images.dispose();
    return undefined;
  };

  const { images, epsilons } = await minimalFgsm(model, image, label, { bounds, maxEpsilon, signal });
  images.dispose();
  // A little more, for PGD comes to the same point by other sums.
  let [low, high] = [0, Math.min(maxEpsilon, 1.05 * (epsilons[0] ?? maxEpsilon))];
  let best = await attack(high, 0);
  if (best === undefined) return undefined;
  try {
    for (let round = 1; round <= halvings; round++) {
      const middle = (low + high) / 2;
      const found = await attack(middle, round);
      if (found === undefined) {
        low = middle;
      } else {
        best.dispose();
        [best, high] = [found, middle];
      }
    }
  } catch (error) {
    best.dispose();
    throw error;
  }
  return { image: best, epsilon: high };
}
