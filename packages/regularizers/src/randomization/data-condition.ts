import { checker, createRandom, type LabeledImages } from '@cnnviz/internal';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { requireExamples } from '../training/labeled-images.ts';
import { corruptLabels } from './corrupt-labels.ts';
import { gaussianPixels, pixelStatistics } from './gaussian-pixels.ts';
import { randomizePixels, shufflePixels } from './randomize-pixels.ts';

/** What the randomization test does to a data set before it trains a network on it. */
export type DataCondition =
  | 'true labels'
  | 'random labels'
  | 'shuffled pixels'
  | 'random pixels'
  | 'gaussian'
  | { readonly corruptedLabels: number };

/** The images that a network learns from, and those on which it is tested. */
export interface TrainAndTest {
  train: LabeledImages;
  test: LabeledImages;
}

export interface ApplyConditionOptions {
  classes: number;
  /** Decides labels and pixels. Default: 0. */
  seed?: number;
}

/** The six conditions of Zhang et al., with half of the labels corrupted for `partially corrupted`. */
export const zhangConditions: readonly DataCondition[] = [
  'true labels',
  { corruptedLabels: 0.5 },
  'random labels',
  'shuffled pixels',
  'random pixels',
  'gaussian',
];

/**
 * Names a condition as tables and charts do: `labels corrupted with p = 0.5`.
 *
 * @param condition One of `zhangConditions`, or another probability of corrupted labels.
 * @returns The name.
 * @throws RangeError or TypeError if it is no condition.
 * @see `randomizationTest`
 *
 * @example
 * import { conditionName } from '@cnnviz/regularizers';
 *
 * const name = conditionName('random labels'); // 'random labels'
 */
export function conditionName(condition: DataCondition): string {
  checkCondition(condition, 'conditionName');
  return typeof condition === 'string' ? condition : `labels corrupted with p = ${condition.corruptedLabels}`;
}

/** The probability with which a condition redraws a label. */
export function corruptionOf(condition: DataCondition): number {
  if (typeof condition !== 'string') return condition.corruptedLabels;
  return condition === 'random labels' ? 1 : 0;
}

/**
 * Puts a data set under one of the conditions of the randomization test, drawn once.
 *
 * Labels change in the training set only. Shuffled pixels move by one permutation in both sets. Random pixels (one
 * permutation per image) and Gaussian noise (of the training set's mean and variance) replace the training images only;
 * the test images stay, and such a network has learned nothing that helps with them.
 *
 * @param data Images `[n, h, w, c]` and labels `[n]` int32. They stay the caller's.
 * @returns New tensors. The caller disposes.
 * @throws RangeError if a set is empty, counts differ or the condition is none.
 * @see Zhang et al., ICLR 2017, https://arxiv.org/abs/1611.03530, section 2.
 *
 * @example
 * import { applyCondition } from '@cnnviz/regularizers';
 *
 * const data = { train: { images, labels }, test: { images, labels } };
 * const { train, test } = await applyCondition(data, 'random labels', { classes: 10, seed: 0 });
 */
export async function applyCondition(
  data: TrainAndTest,
  condition: DataCondition,
  options: ApplyConditionOptions,
): Promise<TrainAndTest> {
  const check = checker('@cnnviz/regularizers', 'applyCondition');
  const { train, test } = check.options(data, 'data');
  requireExamples(check, train, 'train');
  requireExamples(check, test, 'test');
  check.number('classes', check.options(options).classes, { integer: true, min: 2 });
  checkCondition(condition);
  const { seed = 0 } = options;
  const random = createRandom(check.seed('seed', seed));
  const [labelSeed, pixelSeed] = [random.integer(2 ** 32), random.integer(2 ** 32)];
  const { classes } = options;

  const labels = (): Tensor1D => {
    const probability = corruptionOf(condition);
    return probability === 0
      ? tf.clone(train.labels)
      : corruptLabels(train.labels, { probability, classes, seed: labelSeed });
  };
  const statistics = condition === 'gaussian' ? await pixelStatistics([train.images]) : undefined;
  return tf.tidy(() => {
    const untouched = { images: tf.clone(test.images), labels: tf.clone(test.labels) };
    switch (condition) {
      case 'shuffled pixels':
        return {
          train: { images: shufflePixels(train.images, { seed: pixelSeed }), labels: labels() },
          test: { ...untouched, images: shufflePixels(test.images, { seed: pixelSeed }) },
        };
      case 'random pixels':
        return {
          train: { images: randomizePixels(train.images, { seed: pixelSeed }), labels: labels() },
          test: untouched,
        };
      case 'gaussian':
        return {
          train: { images: gaussianPixels(train.images, { ...statistics!, seed: pixelSeed }), labels: labels() },
          test: untouched,
        };
      default:
        return { train: { images: tf.clone(train.images), labels: labels() }, test: untouched };
    }
  }) as unknown as TrainAndTest;
}

export function checkCondition(condition: DataCondition, of = 'applyCondition'): void {
  const check = checker('@cnnviz/regularizers', of);
  if (typeof condition === 'object' && condition !== null) {
    check.number('corruptedLabels', condition.corruptedLabels, { min: 0, max: 1 });
    return;
  }
  const names = ['true labels', 'random labels', 'shuffled pixels', 'random pixels', 'gaussian'] as const;
  check.oneOf('condition', condition, names);
}
