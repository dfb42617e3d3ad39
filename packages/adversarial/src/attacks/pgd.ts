import type { Bounds, Classifier, LongWork } from '@cnnviz/internal';
import { checker, createRandom, requireLongWork, throwIfAborted } from '@cnnviz/internal';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { type L1Step, l1Steps, type Norm, norms } from '../geometry/step-direction.ts';
import type { AttackProgress, AttackResult } from './attack-result.ts';
import { checkAttack } from './check-attack.ts';
import { projectedGradient } from './projected-gradient.ts';

export interface PgdOptions extends LongWork<AttackProgress> {
  /** How far an image may be moved, >= 0, in the units of the pixels: 8 / 255 of [0, 1] is 8 of [0, 255]. */
  epsilon: number;
  /** What a valid pixel may be: the range that the model was trained on. */
  bounds: Bounds;
  /** What the distance is measured in. Default: `linf`. */
  norm?: Norm;
  /** Default: 40 in L∞, 50 in L2 and L1, as foolbox. */
  steps?: number;
  /** Length of a step, >= 0, in the units of the pixels. Default: epsilon / 30 in L∞, epsilon / 40 in L2 and L1, as foolbox. */
  stepSize?: number;
  /**
   * Whether to start at a point drawn uniformly from the ball and clipped to `bounds`, rather than at the image.
   * Default: true.
   */
  randomStart?: boolean;
  /** Decides the random starts. Default: 0. */
  seed?: number;
  /** How many random starts are tried; for each image the first that fools is kept, else the best. Default: 1. */
  restarts?: number;
  /** Whether `labels` are classes to reach rather than to leave. Default: false. */
  targeted?: boolean;
  /** Whether an image that fools the model is left as it is, and the attack ends once all do. Default: false. */
  earlyStop?: boolean;
  /** With `norm: 'l1'`: as in `fgsm`. Default: `gradient`. */
  l1Step?: L1Step;
}

/**
 * Projected gradient descent: many small steps of `fgsm`, each projected back to the ball of radius `epsilon` around the
 * image and then clipped to `bounds`.
 *
 * Conventions and defaults are foolbox's, but for L1: there a point outside the ball is moved to the nearest point of it
 * (foolbox scales it down). Every point is within `epsilon` and `bounds` as computed in float32. `epsilon: 0` returns
 * the images bit for bit.
 *
 * @param model Images `[n, h, w, c]` to logits `[n, classes]`.
 * @param images `[n, h, w, c]` inside `bounds`; not modified.
 * @param labels Class of each image, `[n]` int32: what to lead away from or, if `targeted`, to.
 * @returns Adversarial images in `images`, which the caller disposes, inside `bounds` and within `epsilon`; the rest is plain
 *   data.
 * @throws RangeError if an option is out of its range, an image outside `bounds`, or a label without a logit.
 * @throws TypeError if an argument is of another kind, or `model` does not return logits `[n, 2 or more]`.
 * @throws Error if no image is left whose logits and gradients are finite (and at which step), no gradients are
 *   registered, or the wasm backend is active without `registerWasmGradients`.
 * @see Madry, Makelov, Schmidt, Tsipras, Vladu, "Towards Deep Learning Models Resistant to Adversarial Attacks", ICLR
 *   2018, https://arxiv.org/abs/1706.06083.
 *
 * @example
 * import { pgd } from '@cnnviz/adversarial';
 *
 * const { images: adversarial, fooled } = await pgd(model, images, labels, {
 *   epsilon: 8 / 255,
 *   bounds: [0, 1],
 *   steps: 5,
 *   seed: 0,
 * });
 */
export async function pgd(
  model: Classifier,
  images: Tensor4D,
  labels: Tensor1D,
  options: PgdOptions,
): Promise<AttackResult> {
  const check = checker('@cnnviz/adversarial', 'pgd');
  check.options(options);
  requireLongWork(check, options);
  const epsilon = check.number('epsilon', options.epsilon, { min: 0 });
  const norm = check.oneOf('norm', options.norm ?? 'linf', norms);
  const seed = check.seed('seed', options.seed === undefined ? 0 : options.seed);
  const randomStart = check.boolean('randomStart', options.randomStart ?? true);
  const restarts = check.number('restarts', options.restarts ?? 1, { integer: true, min: 1 });
  if (restarts > 1 && !randomStart) check.fail('range', 'restarts', '1 without randomStart', restarts);
  const settings = {
    epsilon,
    norm,
    restarts,
    bounds: check.bounds('bounds', options.bounds),
    l1Step: check.oneOf('l1Step', options.l1Step ?? 'gradient', l1Steps),
    targeted: check.boolean('targeted', options.targeted ?? false),
    steps: check.number('steps', options.steps ?? (norm === 'linf' ? 40 : 50), { integer: true, min: 0 }),
    stepSize: check.number('stepSize', options.stepSize ?? epsilon / (norm === 'linf' ? 30 : 40), { min: 0 }),
    momentum: 0,
    random: randomStart ? createRandom(seed) : undefined,
    earlyStop: check.boolean('earlyStop', options.earlyStop ?? false),
  };
  await checkAttack(check, model, images, labels, settings.bounds);
  throwIfAborted(options);
  return projectedGradient(check, model, images, labels, settings, options);
}
