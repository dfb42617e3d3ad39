import type { AnyClassifier, Batches, Bounds, Check, LabeledImages, LongWork } from '@cnnviz/internal';
import { requireBatches, requireGradients, requireLongWork } from '@cnnviz/internal';
import { type Norm, norms } from '../geometry/step-direction.ts';
import type { RobustAccuracy } from './robust-accuracy-result.ts';
import {
  type BlackBoxAttack,
  checkAttacks,
  defaultAttacks,
  isBlackBox,
  type RobustnessAttack,
} from './robustness-attack.ts';
import type { RobustnessSettings } from './robustness-settings.ts';
import { type RobustAccuracyState, requireState } from './robustness-state.ts';

/** The state of a resumable evaluation, after each step of an attack and after each attack. */
export interface RobustAccuracyProgress {
  /** Attacks tried so far, over all batches, with the share of the one that runs as a fraction. */
  done: number;
  /** Attacks in all where `batches` is an array; otherwise those on the batches so far. */
  total: number;
  /** Number of the batch, from 0. */
  batch: number;
  /** Name of the attack that runs. */
  attack: string;
  /** Steps of that attack on that batch so far. */
  step: number;
  /** The most steps that the attack takes. */
  steps: number;
  /** Images in the batches so far. */
  images: number;
  /** Images among them that nothing has broken yet. */
  standing: number;
  /** The state from which a later call can resume, as of the last attack that is complete; plain JSON. */
  state(): RobustAccuracyState;
}

export interface RobustAccuracyOptions extends LongWork<RobustAccuracyProgress> {
  /** How far an image may be moved, >= 0, in the units of the pixels: 8 / 255 of [0, 1] is 8 of [0, 255]. */
  epsilon: number;
  /** What a valid pixel may be: the range that the model was trained on. */
  bounds: Bounds;
  /** Decides random starts and squares. Default: 0. */
  seed?: number;
  /** What the distance is measured in. Default: `linf`. */
  norm?: Norm;
  /**
   * The attacks, in the order in which they are tried. Default: `['apgd-ce', 'apgd-t', 'square']`, which is AutoAttack
   * without FAB; in L1 `['pgd', 'pgd-coordinate']`.
   */
  attacks?: readonly RobustnessAttack[];
  /** Level of the interval, above 0 and below 1. Default: 0.95. */
  level?: number;
  /**
   * The result for the same images at a smaller epsilon. An image broken there counts as broken here and is not attacked
   * again, so that robust accuracy never rises over a rising series of epsilons.
   */
  smaller?: RobustAccuracy;
  /**
   * Resumes from a state of `progress.state()`. With the same model, batches and options the result is that of a single
   * run.
   */
  resume?: RobustAccuracyState;
}

/** Options for a model that answers later, which attacks by gradient cannot use. */
export interface BlackBoxAccuracyOptions extends RobustAccuracyOptions {
  /** The attacks, as in `RobustAccuracyOptions`, but none that needs a gradient. */
  attacks: readonly ('square' | BlackBoxAttack)[];
}

/** Validates the options and fills in the defaults. */
export function checkRobustnessOptions(
  check: Check,
  model: AnyClassifier,
  batches: Batches<LabeledImages>,
  options: RobustAccuracyOptions,
): RobustnessSettings {
  check.options(options);
  requireLongWork(check, options);
  check.callable('model', model);
  requireBatches(check, 'batches', batches);
  const norm = check.oneOf('norm', options.norm ?? 'linf', norms);
  const settings: RobustnessSettings = {
    epsilon: check.number('epsilon', options.epsilon, { min: 0 }),
    bounds: check.bounds('bounds', options.bounds),
    norm,
    seed: check.seed('seed', options.seed === undefined ? 0 : options.seed),
    attacks: options.attacks ?? defaultAttacks(norm),
    level: check.number('level', options.level ?? 0.95, { above: 0, below: 1 }),
    smaller: options.smaller,
  };
  checkAttacks(check, settings.attacks, norm);
  if (settings.attacks.some((attack) => !isBlackBox(attack))) requireGradients(check);
  if (settings.smaller !== undefined) requireSmaller(check, settings.smaller, settings);
  if (options.resume !== undefined) requireState(check, options.resume, settings);
  return settings;
}

function requireSmaller(check: Check, smaller: RobustAccuracy, { norm, epsilon }: RobustnessSettings): void {
  if (!(smaller?.norm === norm && smaller.epsilon <= epsilon)) {
    check.fail('range', 'smaller', `a result in ${norm} at an epsilon <= ${epsilon}`, smaller);
  }
  if (!isWhole(smaller)) check.fail('type', 'smaller', 'a whole result of robustAccuracy', smaller);
}

/** Whether a result has what a later evaluation reads from it. */
function isWhole({ total, brokenBy, attacks }: RobustAccuracy): boolean {
  return (
    Array.isArray(brokenBy) &&
    brokenBy.length === total &&
    [...brokenBy].every((by) => by === null || typeof by === 'string') &&
    Array.isArray(attacks) &&
    [...attacks].every((attack) => typeof attack?.name === 'string')
  );
}
