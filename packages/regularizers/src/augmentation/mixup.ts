import { type Check, checker, createRandom, type Random, takeRows } from '@cnnviz/internal';
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

export interface MixupParameters {
  /** The example with which each one is mixed, `[n]`. */
  readonly partners: readonly number[];
  /** The share that each one keeps of itself, `[n]`, from 0 to 1. */
  readonly shares: readonly number[];
}

/** Images `[n, h, w, c]` and the probability of each class `[n, classes]`. */
export interface SoftlyLabeledImages {
  images: Tensor4D;
  labels: Tensor2D;
}

export interface Mixup {
  /** Draws and applies. @returns New tensors; the caller disposes. */
  (examples: SoftlyLabeledImages, options?: { seed?: number }): SoftlyLabeledImages;
  /** Draws partners and shares for `count` examples. */
  draw(count: number, options?: { seed?: number }): MixupParameters;
  /** Mixes as drawn. @returns New tensors; the caller disposes. */
  apply(examples: SoftlyLabeledImages, drawn: MixupParameters): SoftlyLabeledImages;
}

/**
 * Mixes pairs of examples (mixup): each becomes `share · itself + (1 - share) · another`, images and labels alike.
 *
 * The shares are drawn from Beta(alpha, alpha), one per example (the paper's code draws one per batch); the partners are
 * a random permutation of the batch, as in the paper's code.
 *
 * @param options `alpha`: above 0; a small one leaves most examples nearly unchanged. The paper's CIFAR-10 value is 1, its
 *   ImageNet values are 0.1 to 0.4.
 * @returns A function that mixes a batch; the tensors that it returns are the caller's to dispose.
 * @throws RangeError if `alpha` is not above 0 or the numbers of images and labels differ.
 * @see Zhang, Cisse, Dauphin, Lopez-Paz, "mixup: Beyond Empirical Risk Minimization", ICLR 2018,
 *   https://arxiv.org/abs/1710.09412.
 *
 * @example
 * import { mixup } from '@cnnviz/regularizers';
 *
 * const oneHot = tf.cast(tf.oneHot(labels, 10), 'float32') as tf.Tensor2D;
 * const mixed = mixup({ alpha: 0.2 })({ images, labels: oneHot }, { seed: 0 });
 */
export function mixup(options: { alpha: number }): Mixup {
  const check = checker('@cnnviz/regularizers', 'mixup');
  const alpha = check.number('alpha', check.options(options).alpha, { above: 0 });

  const draw = (count: number, drawing: { seed?: number } = {}): MixupParameters => {
    check.number('count', count, { integer: true, min: 1 });
    const { seed = 0 } = check.options(drawing);
    const random = createRandom(check.seed('seed', seed));
    return {
      partners: [...random.permutation(count)],
      shares: Array.from({ length: count }, () => symmetricBeta(random, alpha)),
    };
  };

  const apply = (examples: SoftlyLabeledImages, drawn: MixupParameters) => {
    const { images, labels } = check.options(examples, 'examples');
    const { partners, shares } = check.options(drawn, 'drawn');
    const count = checkExamples(check, images, labels);
    if (partners?.length !== count || shares?.length !== count) {
      check.fail('range', 'drawn', `parameters of ${count} examples`, partners);
    }
    return tf.tidy(() => ({ images: mixed(images, partners, shares), labels: mixed(labels, partners, shares) }));
  };

  const drawAndApply = (examples: SoftlyLabeledImages, drawing: { seed?: number } = {}) => {
    const { images, labels } = check.options(examples, 'examples');
    return apply(examples, draw(checkExamples(check, images, labels), drawing));
  };
  return Object.assign(drawAndApply, { draw, apply });
}

function checkExamples(check: Check, images: Tensor4D, labels: Tensor2D): number {
  const count = check.images('images', images).shape[0];
  check.tensor('labels', labels, { rank: 2, dtype: 'float32' });
  if (labels.shape[0] !== count) check.fail('range', 'labels', `a float32 tensor [${count}, classes]`, labels);
  return count;
}

function mixed<T extends Tensor>(examples: T, partners: readonly number[], shares: readonly number[]): T {
  const count = examples.shape[0]!;
  const rows = tf.reshape(examples, [count, -1]);
  const others = takeRows(rows, partners);
  const share = tf.tensor2d([...shares], [count, 1]);
  return tf.reshape(tf.add(tf.mul(rows, share), tf.mul(others, tf.sub(1, share))), examples.shape) as T;
}

/**
 * Beta(a, a) as x / (x + y) of two Gamma(a) numbers, in logarithms: for a small `a` both are often too small for a
 * float64, and their quotient is not.
 */
function symmetricBeta(random: Random, alpha: number): number {
  const difference = logGamma(random, alpha) - logGamma(random, alpha);
  return 1 / (1 + Math.exp(-difference));
}

/**
 * The logarithm of a Gamma(shape) number.
 *
 * @see Marsaglia, Tsang, "A Simple Method for Generating Gamma Variables", ACM TOMS 26(3), 2000,
 *   https://doi.org/10.1145/358407.358414; below shape 1 with their boost Gamma(a) = Gamma(a + 1) · U^(1/a).
 */
function logGamma(random: Random, shape: number): number {
  if (shape < 1) return logGamma(random, shape + 1) + Math.log(1 - random.uniform()) / shape;
  const d = shape - 1 / 3;
  for (;;) {
    const x = random.normal();
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - random.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return Math.log(d * v);
  }
}
