import {
  type AnyClassifier,
  type Batches,
  type Bounds,
  type Check,
  type Classifier,
  checker,
  createRandom,
  type LabeledImages,
  type LongWork,
  reportProgress,
  requireBatches,
  requireGradients,
  requireLabeledImages,
  requireLongWork,
  throwIfAborted,
  wilsonInterval,
} from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import { checkAttack, checkBlackBoxAttack } from '../attacks/check-attack.ts';
import type { AttackProgress } from '../attacks/projected-gradient.ts';
import { takeImages } from '../batches/take-images.ts';
import { type Norm, norms } from '../geometry/step-direction.ts';
import {
  examineModel,
  type RobustnessWarning,
  type RobustnessWarningName,
  warningNames,
  warningOf,
} from './model-warnings.ts';
import {
  type BlackBoxAttack,
  checkAttacks,
  defaultAttacks,
  isBlackBox,
  nameOf,
  needsMoreClasses,
  type RobustnessAttack,
  tryAttack,
} from './robustness-attack.ts';

export interface RobustAccuracyOptions extends LongWork<RobustAccuracyProgress> {
  /** How far an image may be moved, >= 0, in the units of the pixels: 8 / 255 of [0, 1] is 8 of [0, 255]. */
  epsilon: number;
  /** What a valid pixel may be: the range that the model was trained on. */
  bounds: Bounds;
  /** Decides random starts and squares. */
  seed: number;
  /** What the distance is measured in. Default: `linf`. */
  norm?: Norm;
  /**
   * In the order in which they are tried. Default: `['apgd-ce', 'apgd-t', 'square']`, as AutoAttack but for FAB; in L1
   * `['pgd', 'pgd-coordinate']`.
   */
  attacks?: readonly RobustnessAttack[];
  /** Of the interval. Default: 0.95. */
  confidence?: number;
  /**
   * The result for the same images at a smaller epsilon. An image broken there is broken here too, and not attacked
   * again: over a rising series robust accuracy never rises.
   */
  smaller?: RobustAccuracy;
  /** Goes on from here: given the same model, batches and options, to the result that one run would have had. */
  state?: RobustAccuracyState;
}

/** Options for a model that answers later: attacks by gradient are out of reach. */
export interface BlackBoxAccuracyOptions extends RobustAccuracyOptions {
  /** As that of `RobustAccuracyOptions`, without attacks by gradient. */
  attacks: readonly ('square' | BlackBoxAttack)[];
}

export interface RobustAccuracyProgress {
  /** From 0. */
  batch: number;
  /** Which one is running. */
  attack: string;
  /** Of that attack on that batch. */
  step: number;
  steps: number;
  /** Images in the batches so far. */
  total: number;
  /** Of these, how many nothing has broken yet. */
  standing: number;
  /** What a later call takes to go on from the last attack that is done. */
  state: RobustAccuracyState;
}

/** How far an evaluation has come; plain JSON. */
export interface RobustAccuracyState {
  readonly version: 1;
  /** The options that decide the result. */
  readonly settings: string;
  /** Batches done. */
  readonly batches: number;
  /** Attacks done on the batch after them. */
  readonly attacks: number;
  /** As in the result, for the images of all these batches. */
  readonly brokenBy: readonly (string | null)[];
  readonly warnings: readonly RobustnessWarningName[];
}

export interface RobustAccuracy {
  epsilon: number;
  norm: Norm;
  total: number;
  /** Images that the model is right about. */
  correct: number;
  /** Images that it is right about whatever was tried. */
  robust: number;
  /** `correct / total`. */
  cleanAccuracy: number;
  /** `robust / total`. */
  accuracy: number;
  /** Wilson's, of `accuracy`. */
  interval: [low: number, high: number];
  /** In their order: how many images each attack was the first to break, and how many stood after it. */
  attacks: { name: string; broken: number; standing: number }[];
  /** Of each image the first attack that broke it, `'clean'` if the model was wrong about it, `null` if it stands. */
  brokenBy: (string | null)[];
  warnings: RobustnessWarning[];
}

/**
 * How many images the model stays right about, whatever is tried within `epsilon`, in the spirit of AutoAttack: each
 * attack is tried on what still stands, and what it breaks counts as broken. It is an upper bound of the true robust
 * accuracy.
 *
 * Of AutoAttack's standard version it takes the attacks, their settings and their order, but for FAB, which is not here.
 * `warnings` tell where the model does not look like one that this can judge.
 *
 * What comes of an image depends on the seed and on its place in the data, not on the size of the batches (`pgd` aside).
 * At `epsilon: 0` nothing is tried: robust accuracy is accuracy.
 *
 * @param model Images `[n, h, w, c]` to logits `[n, classes]`; at once, or later too if all `attacks` are black boxes, such
 *   as `['square']`.
 * @param batches Images inside `bounds` and the class of each.
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
  const settings = checkOptions(check, model, batches, options);
  const { attacks, epsilon, bounds, norm, smaller } = settings;
  throwIfAborted(options);
  const random = createRandom(settings.seed);
  const seeds = attacks.map(() => random.integer(2 ** 32));
  const fingerprint = fingerprintOf(settings);
  const brokenBy = [...(options.state?.brokenBy ?? [])];
  const warnings = new Set<RobustnessWarningName>(options.state?.warnings);
  const areBlackBoxes = attacks.every(isBlackBox);
  const checkArguments = areBlackBoxes ? checkBlackBoxAttack : checkAttack;
  const done = { batches: options.state?.batches ?? 0, attacks: options.state?.attacks ?? 0 };

  let batch = 0;
  let first = 0;
  for await (const labeled of batches) {
    const { images, labels } = requireLabeledImages(check, labeled);
    if (batch < done.batches) {
      first += labels.shape[0];
      batch++;
      continue;
    }
    const classes = await checkArguments(check, model, images, labels, bounds);
    const wanted = await labels.data<'int32'>();
    const isExamined = batch === options.state?.batches;
    if (isExamined) {
      requireImages(check, brokenBy, first + wanted.length);
    } else {
      const examination = await examineModel(check, model, images, labels, {
        askAgain: batch === 0 ? 4 : 0,
        withGradient: !areBlackBoxes,
      });
      for (const name of examination.warnings) warnings.add(name);
      if (attacks.some((attack) => needsMoreClasses(attack, classes))) warnings.add('too-few-classes-for-dlr');
      for (const isRight of examination.isRight) {
        brokenBy.push(isRight ? (smaller?.brokenBy[brokenBy.length] ?? null) : 'clean');
      }
    }
    for (; done.attacks < attacks.length; done.attacks++) {
      const attack = attacks[done.attacks]!;
      const numbers = [...wanted.keys()].map((place) => first + place).filter((number) => brokenBy[number] === null);
      if (numbers.length === 0 || epsilon === 0) continue;
      const stateBefore = stateOf(fingerprint, done, brokenBy, warnings);
      const standing = brokenBy.filter((by) => by === null).length;
      const progress = { batch, attack: nameOf(attack), total: brokenBy.length };
      let last = { step: 0, steps: 0 };
      const onProgress = async ({ step, steps, fooled }: AttackProgress): Promise<void> => {
        last = { step, steps };
        await options.onProgress?.({ ...progress, ...last, standing: standing - fooled, state: stateBefore });
      };

      const places = numbers.map((number) => number - first);
      const chosen = takeImages(images, places);
      try {
        const examples = { images: chosen, labels: places.map((place) => wanted[place]!), numbers, classes };
        const given = { epsilon, bounds, norm, seed: seeds[done.attacks]!, signal: options.signal, onProgress };
        const isBroken = await tryAttack(check, model, attack, examples, given, batch);
        for (const [index, number] of numbers.entries()) if (isBroken[index]) brokenBy[number] = nameOf(attack);
      } finally {
        tf.dispose(chosen);
      }
      const state = stateOf(fingerprint, { ...done, attacks: done.attacks + 1 }, brokenBy, warnings);
      const left = brokenBy.filter((by) => by === null).length;
      await reportProgress(options, { ...progress, ...last, standing: left, state });
    }
    done.batches = ++batch;
    done.attacks = 0;
    first += wanted.length;
  }
  if (done.batches > batch) check.fail('range', 'state.batches', `at most the ${batch} that there are`, done.batches);
  requireImages(check, brokenBy, first);
  if (brokenBy.length === 0) check.fail('range', 'batches', 'at least one batch', []);
  if (smaller !== undefined && smaller.total !== brokenBy.length) {
    check.fail('range', 'smaller', `a result for ${brokenBy.length} images`, `one for ${smaller.total}`);
  }
  return summarize(brokenBy, warnings, settings);
}

interface Settings {
  epsilon: number;
  bounds: Bounds;
  norm: Norm;
  seed: number;
  attacks: readonly RobustnessAttack[];
  confidence: number;
  smaller: RobustAccuracy | undefined;
}

function checkOptions(
  check: Check,
  model: AnyClassifier,
  batches: Batches<LabeledImages>,
  options: RobustAccuracyOptions,
): Settings {
  check.options(options);
  requireLongWork(check, options);
  check.callable('model', model);
  requireBatches(check, 'batches', batches);
  const norm = check.oneOf('norm', options.norm ?? 'linf', norms);
  const settings: Settings = {
    epsilon: check.number('epsilon', options.epsilon, { min: 0 }),
    bounds: check.bounds('bounds', options.bounds),
    norm,
    seed: check.seed('seed', options.seed),
    attacks: options.attacks ?? defaultAttacks(norm),
    confidence: check.number('confidence', options.confidence ?? 0.95, { above: 0, below: 1 }),
    smaller: options.smaller,
  };
  checkAttacks(check, settings.attacks, norm);
  if (settings.attacks.some((attack) => !isBlackBox(attack))) requireGradients(check);
  const { smaller, epsilon } = settings;
  if (smaller !== undefined && !(smaller?.norm === norm && smaller.epsilon <= epsilon)) {
    check.fail('range', 'smaller', `a result in ${norm} at an epsilon <= ${epsilon}`, smaller);
  }
  if (smaller !== undefined && !isWhole(smaller)) {
    check.fail('type', 'smaller', 'a whole result of robustAccuracy', smaller);
  }
  const { state } = options;
  if (state !== undefined) {
    if (state?.version !== 1) check.fail('range', 'state', 'a state of version 1', state?.version);
    const fingerprint = fingerprintOf(settings);
    if (state.settings !== fingerprint)
      check.fail('range', 'state', `of the same options, ${fingerprint}`, state.settings);
    requireProgress(check, state, settings);
  }
  return settings;
}

/** As far as a later evaluation looks at it. */
function isWhole({ total, brokenBy, attacks }: RobustAccuracy): boolean {
  return (
    Array.isArray(brokenBy) &&
    brokenBy.length === total &&
    [...brokenBy].every((by) => by === null || typeof by === 'string') &&
    Array.isArray(attacks) &&
    [...attacks].every((attack) => typeof attack?.name === 'string')
  );
}

function requireProgress(check: Check, state: RobustAccuracyState, { attacks, smaller }: Settings): void {
  check.number('state.batches', state.batches, { integer: true, min: 0 });
  check.number('state.attacks', state.attacks, { integer: true, min: 0, max: attacks.length });
  const { brokenBy, warnings } = state;
  if (!Array.isArray(brokenBy)) check.fail('type', 'state.brokenBy', 'a list of attacks', brokenBy);
  const breakers = ['clean', ...attacks.map(nameOf), ...(smaller?.brokenBy ?? []).filter((by) => by !== null)];
  for (const [index, by] of brokenBy.entries()) {
    if (by !== null) check.oneOf(`state.brokenBy[${index}]`, by, breakers);
  }
  if (!Array.isArray(warnings)) check.fail('type', 'state.warnings', 'a list of names', warnings);
  for (const [index, name] of warnings.entries()) check.oneOf(`state.warnings[${index}]`, name, warningNames);
}

/** Of a state only: a run from the start has those of the batches it has seen. */
function requireImages(check: Check, brokenBy: RobustAccuracyState['brokenBy'], images: number): void {
  if (brokenBy.length === images) return;
  check.fail('range', 'state.brokenBy.length', `${images}, one of each image so far`, brokenBy.length);
}

function fingerprintOf({ epsilon, bounds, norm, seed, attacks, smaller }: Settings): string {
  const names = attacks.map(nameOf);
  return JSON.stringify({ epsilon, bounds, norm, seed, attacks: names, smaller: smaller?.epsilon ?? null });
}

function stateOf(
  settings: string,
  { batches, attacks }: { batches: number; attacks: number },
  brokenBy: readonly (string | null)[],
  warnings: ReadonlySet<RobustnessWarningName>,
): RobustAccuracyState {
  return { version: 1, settings, batches, attacks, brokenBy: [...brokenBy], warnings: [...warnings] };
}

function summarize(
  brokenBy: (string | null)[],
  warnings: Set<RobustnessWarningName>,
  { epsilon, norm, attacks, confidence, smaller }: Settings,
): RobustAccuracy {
  const total = brokenBy.length;
  const count = (name: string | null) => brokenBy.filter((by) => by === name).length;
  const correct = total - count('clean');
  const robust = count(null);
  const names = new Set([...(smaller?.attacks ?? []).map(({ name }) => name), ...attacks.map(nameOf)]);
  let standing = correct;
  const perAttack = [...names].map((name) => {
    const broken = count(name);
    standing -= broken;
    return { name, broken, standing };
  });

  const firstWhiteBox = attacks.findIndex((attack) => !isBlackBox(attack));
  const blackBoxesAfter = attacks.filter(
    (attack, index) => isBlackBox(attack) && firstWhiteBox !== -1 && index > firstWhiteBox,
  );
  const brokenByThem = blackBoxesAfter.reduce((sum, attack) => sum + count(nameOf(attack)), 0);
  // One or two images in a thousand are chance: AutoAttack's threshold.
  if (brokenByThem > 0.002 * total) warnings.add('black-box-beats-white-box');

  return {
    epsilon,
    norm,
    total,
    correct,
    robust,
    cleanAccuracy: correct / total,
    accuracy: robust / total,
    interval: wilsonInterval(robust, total, confidence),
    attacks: perAttack,
    brokenBy,
    warnings: [...warnings].map(warningOf),
  };
}
