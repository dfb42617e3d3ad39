import type { Bounds, Classifier, LongWork } from '@cnnviz/internal';
import { checker, requireLongWork, throwIfAborted } from '@cnnviz/internal';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { type Norm, norms } from '../geometry/step-direction.ts';
import type { AttackProgress, AttackResult } from './attack-result.ts';
import { checkAttack } from './check-attack.ts';
import { projectedGradient } from './projected-gradient.ts';

export interface MomentumPgdOptions extends LongWork<AttackProgress> {
  /** How far an image may be moved, >= 0, in the units of the pixels. */
  epsilon: number;
  /** What a valid pixel may be: the range that the model was trained on. */
  bounds: Bounds;
  /** What the distance is measured in. Default: `linf`, as the paper. */
  norm?: Norm;
  /** Default: 10, as the paper and foolbox. */
  steps?: number;
  /** Length of a step, >= 0. Default: epsilon / 5, as foolbox (the paper: epsilon / steps). */
  stepSize?: number;
  /** Share of the velocity that the next step keeps, >= 0; 0 is `pgd`. Default: 1, as the paper and foolbox. */
  momentum?: number;
  /** Whether `labels` are classes to reach rather than to leave. Default: false. */
  targeted?: boolean;
  /** Whether an image that fools the model is left as it is, and the attack ends once all do. Default: false. */
  earlyStop?: boolean;
}

/**
 * Momentum iterative method (MI-FGSM): projected gradient descent along a velocity, the sum of the gradients met so
 * far, each divided by its L1 length. Its points carry over to other models better than those of `pgd`. The length is
 * that of the paper in every norm; foolbox divides by that of the norm, and in L∞ adds up signs.
 *
 * It starts at the images and draws nothing. Order of a step, guarantees and errors are those of `pgd`.
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
 * @see Dong et al., "Boosting Adversarial Attacks with Momentum", CVPR 2018, https://arxiv.org/abs/1710.06081.
 *
 * @example
 * import { momentumPgd } from '@cnnviz/adversarial';
 *
 * const { images: adversarial } = await momentumPgd(model, images, labels, { epsilon: 8 / 255, bounds: [0, 1] });
 */
export async function momentumPgd(
  model: Classifier,
  images: Tensor4D,
  labels: Tensor1D,
  options: MomentumPgdOptions,
): Promise<AttackResult> {
  const check = checker('@cnnviz/adversarial', 'momentumPgd');
  check.options(options);
  requireLongWork(check, options);
  const epsilon = check.number('epsilon', options.epsilon, { min: 0 });
  const settings = {
    epsilon,
    bounds: check.bounds('bounds', options.bounds),
    norm: check.oneOf('norm', options.norm ?? 'linf', norms),
    l1Step: 'gradient' as const,
    targeted: check.boolean('targeted', options.targeted ?? false),
    steps: check.number('steps', options.steps ?? 10, { integer: true, min: 0 }),
    stepSize: check.number('stepSize', options.stepSize ?? epsilon / 5, { min: 0 }),
    momentum: check.number('momentum', options.momentum ?? 1, { min: 0 }),
    random: undefined,
    restarts: 1,
    earlyStop: check.boolean('earlyStop', options.earlyStop ?? false),
  };
  await checkAttack(check, model, images, labels, settings.bounds);
  throwIfAborted(options);
  return projectedGradient(check, model, images, labels, settings, options);
}
