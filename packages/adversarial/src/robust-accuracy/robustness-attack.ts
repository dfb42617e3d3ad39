import {
  type AnyClassifier,
  askModel,
  type Bounds,
  type Check,
  type Classifier,
  createRandom,
  type FailedImage,
  type LongWork,
} from '@cnnviz/internal';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { AttackProgress } from '../attacks/attack-result.ts';
import { searchWithAutoPgd } from '../attacks/auto-pgd.ts';
import { projectedGradient } from '../attacks/projected-gradient.ts';
import { searchWithSquares } from '../attacks/square-attack.ts';
import { requireAllLeft } from '../batches/failures.ts';
import { randomsOfImages } from '../batches/randoms-of-images.ts';
import type { Norm } from '../geometry/step-direction.ts';
import { fewestClasses } from '../losses/difference-of-logits-ratio.ts';
import { checkLogits } from '../losses/logits-and-gradient.ts';

/** By the norms that each is for. */
const standardAttacks = {
  'apgd-ce': ['linf', 'l2'],
  'apgd-dlr': ['linf', 'l2'],
  'apgd-t': ['linf', 'l2'],
  square: ['linf', 'l2'],
  pgd: ['linf', 'l2', 'l1'],
  'pgd-coordinate': ['l1'],
} as const;

/**
 * Attacks by name.
 *
 * - `apgd-ce`, `apgd-dlr`: `autoPgd` with cross-entropy or DLR. L∞ and L2.
 * - `apgd-t`: `autoPgd` with DLR, towards each of the 9 likeliest other classes. L∞ and L2.
 * - `square`: `squareAttack` with 5000 queries. L∞ and L2.
 * - `pgd`: 100 steps from each of 5 random starts.
 * - `pgd-coordinate`: the same by coordinate. L1.
 */
export type StandardAttack = keyof typeof standardAttacks;

/** What an attack of one's own is given. */
export interface AttackSettings extends LongWork<AttackProgress> {
  epsilon: number;
  bounds: Bounds;
  norm: Norm;
  /** Another one for each attack and each batch. */
  seed: number;
}

/** An attack of one's own. */
export interface CustomAttack {
  /** What results call it. */
  name: string;
  /** Whether it asks the model for its logits alone. Default: false. */
  blackBox?: boolean;
  /**
   * Gives `[n, h, w, c]`, which is disposed. What is not within epsilon (to 1e-6 of it) and bounds counts as not
   * fooling, so that attacks which look for the least perturbation can be tried too. An image that it lists under
   * `failed`, as the attacks here do, ends the evaluation with an error: it would count as robust otherwise.
   */
  run(
    model: Classifier,
    images: Tensor4D,
    labels: Tensor1D,
    settings: AttackSettings,
  ): Promise<{ images: Tensor4D; failed?: readonly FailedImage[] }>;
}

/** An attack of one's own that asks the model for its logits alone, and waits for them where they come later. */
export interface BlackBoxAttack extends CustomAttack {
  /** Says so. */
  blackBox: true;
  /** As that of `CustomAttack`, for a model that answers at once or later. */
  run(
    model: AnyClassifier,
    images: Tensor4D,
    labels: Tensor1D,
    settings: AttackSettings,
  ): Promise<{ images: Tensor4D; failed?: readonly FailedImage[] }>;
}

/** By name, or one's own. */
export type RobustnessAttack = StandardAttack | CustomAttack;

export function defaultAttacks(norm: Norm): readonly StandardAttack[] {
  return norm === 'l1' ? ['pgd', 'pgd-coordinate'] : ['apgd-ce', 'apgd-t', 'square'];
}

export function nameOf(attack: RobustnessAttack): string {
  return typeof attack === 'string' ? attack : attack.name;
}

export function isBlackBox(attack: RobustnessAttack): boolean {
  return typeof attack === 'string' ? attack === 'square' : (attack.blackBox ?? false);
}

/** Whether an attack by DLR is to do without it. */
export function needsMoreClasses(attack: RobustnessAttack, classes: number): boolean {
  const isDlr = attack === 'apgd-dlr' || attack === 'apgd-t';
  return isDlr && classes < fewestClasses(attack === 'apgd-t');
}

export function checkAttacks(check: Check, attacks: readonly RobustnessAttack[], norm: Norm): void {
  if (!Array.isArray(attacks)) check.fail('type', 'attacks', 'an array', attacks);
  const names = new Set<string>();
  for (const [index, attack] of attacks.entries()) {
    const place = `attacks[${index}]`;
    if (typeof attack === 'string') {
      const possible = (Object.keys(standardAttacks) as StandardAttack[]).filter((name) =>
        standardAttacks[name].some((other) => other === norm),
      );
      check.oneOf(place, attack, possible);
    } else {
      if (typeof attack?.name !== 'string') check.fail('type', `${place}.name`, 'a string', attack?.name);
      check.callable(`${place}.run`, attack.run);
      check.boolean(`${place}.blackBox`, attack.blackBox ?? false);
    }
    const name = nameOf(attack);
    if (names.has(name) || name === 'clean') check.fail('range', `${place}.name`, 'a name of its own', name);
    names.add(name);
  }
}

/** The images that an attack is tried on. */
export interface Standing {
  images: Tensor4D;
  labels: readonly number[];
  /** The number of each image in the whole data set. */
  numbers: readonly number[];
  classes: number;
}

/**
 * @param model Answers at once where the attack needs its gradient.
 * @returns Of each image whether the attack broke it, as the model sees what the attack made of it.
 */
export async function tryAttack(
  check: Check,
  model: AnyClassifier,
  attack: RobustnessAttack,
  standing: Standing,
  settings: AttackSettings,
  batch: number,
): Promise<boolean[]> {
  const labels = tf.tensor1d([...standing.labels], 'int32');
  try {
    const { images, failed } =
      typeof attack === 'string'
        ? await runStandard(check, model, attack, standing, labels, settings, batch)
        : await runCustom(check, model, attack, standing, labels, {
            ...settings,
            seed: seedOfBatch(settings.seed, batch),
          });
    try {
      requireAllLeft(check, failed, standing.numbers);
      const predictions = await predict(check, model, images);
      const isValid = await areWithin(images, standing.images, settings);
      return standing.labels.map((label, index) => isValid[index]! && predictions[index] !== label);
    } finally {
      tf.dispose(images);
    }
  } finally {
    tf.dispose(labels);
  }
}

/** What an attack of one's own makes, as images of ours: it may return those that it was given. */
async function runCustom(
  check: Check,
  model: AnyClassifier,
  attack: CustomAttack,
  standing: Standing,
  labels: Tensor1D,
  settings: AttackSettings,
): Promise<{ images: Tensor4D; failed: readonly FailedImage[] }> {
  const made = await attack.run(model as Classifier, standing.images, labels, settings);
  const name = JSON.stringify(attack.name);
  const { images, failed } = check.options(made, `what attack ${name} gives`);
  try {
    check.images(`the images of attack ${name}`, images);
    if (!tf.util.arraysEqual(images.shape, standing.images.shape)) {
      check.fail('range', `the images of attack ${name}`, `[${standing.images.shape.join(', ')}]`, images);
    }
    return { images: tf.clone(images), failed: requireFailed(check, `failed of attack ${name}`, failed ?? []) };
  } finally {
    // Those that it was given are disposed with the others of their batch, and what it keeps is not ours.
    const isKept = images === standing.images || images?.kept || images instanceof tf.Variable;
    if (images instanceof tf.Tensor && !isKept) tf.dispose(images);
  }
}

function requireFailed(check: Check, name: string, failed: readonly FailedImage[]): readonly FailedImage[] {
  if (!Array.isArray(failed)) check.fail('type', name, 'a list of { index, step, reason }', failed);
  for (const [place, image] of failed.entries()) {
    const { index, step } = check.options(image as FailedImage, `${name}[${place}]`);
    check.number(`${name}[${place}].index`, index, { integer: true, min: 0 });
    check.number(`${name}[${place}].step`, step, { integer: true, min: 0 });
  }
  return failed;
}

function runStandard(
  check: Check,
  model: AnyClassifier,
  attack: StandardAttack,
  { images, labels, numbers, classes }: Standing,
  labelTensor: Tensor1D,
  { epsilon, bounds, norm, seed, ...work }: AttackSettings,
  batch: number,
): Promise<{ images: Tensor4D; failed: readonly FailedImage[] }> {
  const common = { epsilon, bounds, targeted: false };
  if (attack === 'pgd' || attack === 'pgd-coordinate') {
    const settings = {
      ...{ ...common, norm, momentum: 0, restarts: 5, earlyStop: true, steps: 100, stepSize: epsilon / 10 },
      l1Step: attack === 'pgd' ? ('gradient' as const) : ('coordinate' as const),
      random: createRandom(seedOfBatch(seed, batch)),
    };
    return projectedGradient(check, model as Classifier, images, labelTensor, settings, work);
  }
  // `checkAttacks` lets the others be in no other norm.
  const euclideanOrMaximum = norm as 'linf' | 'l2';
  if (attack === 'square') {
    const settings = { ...common, norm: euclideanOrMaximum, queries: 5000, initialShare: 0.8, scheduleLength: 10_000 };
    return searchWithSquares(check, model, images, labels, settings, createRandom(seed), work);
  }
  const loss =
    attack === 'apgd-ce' || needsMoreClasses(attack, classes) ? ('cross-entropy' as const) : ('dlr' as const);
  const targetClasses = attack === 'apgd-t' ? 9 : 0;
  const settings = {
    ...common,
    norm: euclideanOrMaximum,
    loss,
    targetClasses,
    steps: 100,
    restarts: 1,
    earlyStop: true,
  };
  return searchWithAutoPgd(check, model as Classifier, images, labels, settings, randomsOfImages(seed, numbers), work);
}

function seedOfBatch(seed: number, batch: number): number {
  return createRandom(seed + batch).integer(2 ** 32);
}

async function predict(check: Check, model: AnyClassifier, images: Tensor4D): Promise<ArrayLike<number>> {
  const predictions = await askModel(model, images, (answer) => {
    const logits = checkLogits(check, answer, images.shape[0]);
    // Of NaN no class is the largest: it is never a right answer.
    return tf.where(tf.any(tf.isNaN(logits), 1), tf.scalar(-1, 'int32'), tf.argMax(logits, 1)) as Tensor1D;
  });
  try {
    return await predictions.data<'int32'>();
  } finally {
    tf.dispose(predictions);
  }
}

async function areWithin(
  images: Tensor4D,
  originals: Tensor4D,
  { epsilon, bounds: [min, max], norm }: AttackSettings,
): Promise<boolean[]> {
  const [values, originalValues] = await Promise.all([images.data(), originals.data()]);
  const size = images.size / images.shape[0];
  return Array.from({ length: images.shape[0] }, (_, image) => {
    let length = 0;
    let isInBounds = true;
    for (let index = image * size; index < (image + 1) * size; index++) {
      const change = Math.abs(values[index]! - originalValues[index]!);
      length = norm === 'linf' ? Math.max(length, change) : length + (norm === 'l2' ? change * change : change);
      isInBounds &&= values[index]! >= Math.fround(min) && values[index]! <= Math.fround(max);
    }
    return isInBounds && (norm === 'l2' ? Math.sqrt(length) : length) <= epsilon * (1 + 1e-6);
  });
}
