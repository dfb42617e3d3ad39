import type { AnyClassifier, Batches, Check, Classifier, LabeledImages } from '@cnnviz/internal';
import { checker, createRandom, reportProgress, requireLabeledImages, throwIfAborted } from '@cnnviz/internal';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { AttackProgress } from '../attacks/attack-result.ts';
import { checkAttack, checkBlackBoxAttack } from '../attacks/check-attack.ts';
import { countBatches } from '../batches/count-batches.ts';
import { takeImages } from '../batches/take-images.ts';
import { examineModel } from './model-warnings.ts';
import type { RobustAccuracy } from './robust-accuracy-result.ts';
import { isBlackBox, nameOf, needsMoreClasses, type Standing, tryAttack } from './robustness-attack.ts';
import {
  type BlackBoxAccuracyOptions,
  checkRobustnessOptions,
  type RobustAccuracyOptions,
  type RobustAccuracyProgress,
} from './robustness-options.ts';
import type { RobustnessSettings } from './robustness-settings.ts';
import { beginEvaluation, type Evaluation, noteState, requireImages } from './robustness-state.ts';
import { summarizeRobustness } from './summarize-robustness.ts';

/**
 * Counts the images that the model classifies correctly whatever is tried within `epsilon`, in the spirit of AutoAttack:
 * each attack is tried on the images that still stand. The result is an upper bound of the true robust accuracy.
 *
 * The attacks, their settings and their order are those of AutoAttack's standard version, without FAB. `warnings` say
 * where the model does not look like one that these attacks can judge.
 *
 * The result for an image depends on the seed and on its place in the data, not on the size of the batches (except with
 * `pgd`). At `epsilon: 0` no attack is tried, and robust accuracy is accuracy.
 *
 * @param model Images `[n, h, w, c]` to logits `[n, classes]`; at once, or later too if all `attacks` are black boxes, such
 *   as `['square']`.
 * @param batches Images inside `bounds` and the class of each.
 * @returns Plain data: the accuracies, Wilson's interval, and what broke each image.
 * @throws RangeError if an option is out of its range, an image outside `bounds`, a label without a logit, or there is
 *   no image.
 * @throws TypeError if an argument is of another kind, or `model` does not return logits `[n, 2 or more]`, at once where
 *   an attack needs its gradient.
 * @throws Error if logits or gradients are not finite, or if an attack needs gradients and none are registered, or the
 *   wasm backend is active without `registerWasmGradients`.
 * @see Croce, Hein, "Reliable Evaluation of Adversarial Robustness with an Ensemble of Diverse Parameter-free Attacks",
 *   ICML 2020, https://arxiv.org/abs/2003.01690.
 *
 * @example
 * import { autoPgd, robustAccuracy } from '@cnnviz/adversarial';
 *
 * const { accuracy, interval, warnings } = await robustAccuracy(model, [{ images, labels }], {
 *   epsilon: 8 / 255,
 *   bounds: [0, 1],
 *   seed: 0,
 *   attacks: [
 *     {
 *       name: 'short apgd',
 *       run: (attacked, x, y, given) => autoPgd(attacked, x, y, { ...given, norm: 'linf', steps: 5, earlyStop: true }),
 *     },
 *   ],
 * });
 */
export async function robustAccuracy(
  model: Classifier,
  batches: Batches<LabeledImages>,
  options: RobustAccuracyOptions,
): Promise<RobustAccuracy>;
export async function robustAccuracy(
  model: AnyClassifier,
  batches: Batches<LabeledImages>,
  options: BlackBoxAccuracyOptions,
): Promise<RobustAccuracy>;
export async function robustAccuracy(
  model: AnyClassifier,
  batches: Batches<LabeledImages>,
  options: RobustAccuracyOptions,
): Promise<RobustAccuracy> {
  const check = checker('@cnnviz/adversarial', 'robustAccuracy');
  const settings = checkRobustnessOptions(check, model, batches, options);
  throwIfAborted(options);
  const evaluation = beginEvaluation(options.resume);
  const counted = { batches: 0, images: 0 };
  for await (const labeled of batches) {
    const { images, labels } = requireLabeledImages(check, labeled);
    const count = labels.shape[0];
    if (counted.batches === evaluation.batches) {
      const isExamined = counted.batches === options.resume?.batches;
      if (isExamined) requireImages(check, evaluation, counted.images + count);
      const batch = { images, labels, number: counted.batches, first: counted.images, isExamined };
      const total = countBatches(batches, counted.batches + 1) * settings.attacks.length;
      await tryAttacksOnBatch(check, model, batch, evaluation, settings, options, total);
    }
    counted.batches++;
    counted.images += count;
  }
  requireAllBatches(check, evaluation, settings, counted);
  return summarizeRobustness(evaluation, settings);
}

interface Batch {
  images: Tensor4D;
  labels: Tensor1D;
  /** Number of the batch, from 0. */
  number: number;
  /** Number of its first image in the data set. */
  first: number;
  /** Whether the state that this evaluation resumes from knows its images. */
  isExamined: boolean;
}

/** Tries each attack on the images of a batch that still stand. */
async function tryAttacksOnBatch(
  check: Check,
  model: AnyClassifier,
  batch: Batch,
  evaluation: Evaluation,
  settings: RobustnessSettings,
  options: RobustAccuracyOptions,
  total: number,
): Promise<void> {
  const { attacks, bounds, epsilon } = settings;
  const checkArguments = attacks.every(isBlackBox) ? checkBlackBoxAttack : checkAttack;
  const classes = await checkArguments(check, model, batch.images, batch.labels, bounds);
  if (!batch.isExamined) await examine(check, model, batch, classes, evaluation, settings);
  const wanted = await batch.labels.data<'int32'>();
  for (; evaluation.attacks < attacks.length; evaluation.attacks++) {
    const places = [...wanted.keys()].filter((place) => evaluation.brokenBy[batch.first + place] === null);
    if (places.length === 0 || epsilon === 0) continue;
    const images = takeImages(batch.images, places);
    try {
      const labels = places.map((place) => wanted[place]!);
      const standing = { images, labels, numbers: places.map((place) => batch.first + place), classes };
      await tryNextAttack(check, model, batch, standing, evaluation, settings, options, total);
    } finally {
      tf.dispose(images);
    }
  }
  evaluation.batches++;
  evaluation.attacks = 0;
}

/** Looks for images that the model is wrong about, and for signs that it cannot be judged. */
async function examine(
  check: Check,
  model: AnyClassifier,
  { images, labels, number }: Batch,
  classes: number,
  { brokenBy, warnings }: Evaluation,
  { attacks, smaller }: RobustnessSettings,
): Promise<void> {
  const examination = await examineModel(check, model, images, labels, {
    askAgain: number === 0 ? 4 : 0,
    withGradient: !attacks.every(isBlackBox),
  });
  for (const name of examination.warnings) warnings.add(name);
  if (attacks.some((attack) => needsMoreClasses(attack, classes))) warnings.add('too-few-classes-for-dlr');
  for (const isRight of examination.isRight) {
    brokenBy.push(isRight ? (smaller?.brokenBy[brokenBy.length] ?? null) : 'clean');
  }
}

/** Tries one attack, reports on its way and at its end, and notes the images that it breaks. */
async function tryNextAttack(
  check: Check,
  model: AnyClassifier,
  batch: Batch,
  standing: Standing,
  evaluation: Evaluation,
  settings: RobustnessSettings,
  options: RobustAccuracyOptions,
  total: number,
): Promise<void> {
  const { attacks, epsilon, bounds, norm, seed } = settings;
  const { brokenBy } = evaluation;
  const attack = attacks[evaluation.attacks]!;
  const doneBefore = batch.number * attacks.length + evaluation.attacks;
  const standingBefore = brokenBy.filter((by) => by === null).length;
  const common = { total, batch: batch.number, attack: nameOf(attack), images: brokenBy.length };
  const progress: RobustAccuracyProgress = {
    ...{ ...common, done: doneBefore, step: 0, steps: 0, standing: standingBefore },
    state: noteState(evaluation, settings),
  };
  const onProgress = async ({ done: step, total: steps, fooled }: AttackProgress): Promise<void> => {
    const done = doneBefore + (steps === 0 ? 0 : step / steps);
    Object.assign(progress, { done, step, steps, standing: standingBefore - fooled });
    await options.onProgress?.({ ...progress });
  };

  const given = { epsilon, bounds, norm, seed: seedOf(evaluation.attacks, seed), signal: options.signal, onProgress };
  const isBroken = await tryAttack(check, model, attack, standing, given, batch.number);
  for (const [index, number] of standing.numbers.entries()) if (isBroken[index]) brokenBy[number] = nameOf(attack);
  const left = brokenBy.filter((by) => by === null).length;
  const state = noteState({ ...evaluation, attacks: evaluation.attacks + 1 }, settings);
  await reportProgress(options, { ...progress, done: doneBefore + 1, standing: left, state });
}

/** Another seed for each attack. */
function seedOf(attack: number, seed: number): number {
  const random = createRandom(seed);
  return Array.from({ length: attack + 1 }, () => random.integer(2 ** 32))[attack]!;
}

function requireAllBatches(
  check: Check,
  evaluation: Evaluation,
  { smaller }: RobustnessSettings,
  counted: { batches: number; images: number },
): void {
  const { batches, brokenBy } = evaluation;
  if (batches > counted.batches) {
    check.fail('range', 'resume.batches', `at most the ${counted.batches} batches that there are`, batches);
  }
  requireImages(check, evaluation, counted.images);
  if (brokenBy.length === 0) check.fail('range', 'batches', 'at least one batch', []);
  if (smaller !== undefined && smaller.total !== brokenBy.length) {
    check.fail('range', 'smaller', `a result for ${brokenBy.length} images`, `one for ${smaller.total}`);
  }
}
