import { type Check, checker } from '@cnnviz/internal';
import type { Concept } from '../data/concepts.ts';
import { requireList, requireLists } from '../data/require-lists.ts';
import type { Dissection } from '../dissection/dissection.ts';
import { uniqueDetectors } from './unique-detectors.ts';

/** One layer as it was at a step of training. */
export interface DissectedStep {
  /** A number that grows, such as that of the update or of the epoch. */
  step: number;
  dissection: Dissection;
}

/** What a unit detects at a step. */
export interface UnitAtStep {
  step: number;
  /** Its best concept if the IoU is above the limit, else null. */
  concept: Concept | null;
  /** The IoU with its best concept, also if that is not above the limit. */
  iou: number;
}

/** What a unit detects over all steps. */
export interface UnitTrack {
  /** Index of the unit. */
  unit: number;
  /** One entry per step, in order. */
  history: UnitAtStep[];
  /** The first concept that it detects at any step, if any. */
  first: Concept | null;
  /** The concept that it detects at the last step, if any. */
  last: Concept | null;
  /** How often the concept that it detects changes from one step to the next, to or from none included. */
  changes: number;
  /** The step from which it detects the concept of the last step without interruption; `null` if that is none. */
  settledAt: number | null;
}

/** A layer at a step. */
export interface StepSummary {
  step: number;
  detectors: number;
  /** As in `uniqueDetectors`. */
  uniquePerCategory: number;
  /** As in `uniqueDetectors`. */
  uniqueBestLabels: number;
  /** Units that have settled by this step. */
  settled: number;
  /** Units that detect another concept than at the step before, none any more, or one after none. */
  changed: number;
  /** Detectors of each category, in the order of `categories`. */
  detectorsByCategory: number[];
}

/** What the units of a layer detect over a training. Plain JSON. */
export interface UnitTracks {
  layer: string;
  iouLimit: number;
  categories: string[];
  steps: StepSummary[];
  units: UnitTrack[];
}

/** How many units went from one concept, or category, to another; `null` stands for no detector. */
export interface UnitTransition {
  from: string | null;
  to: string | null;
  units: number;
}

/**
 * Follows what the units of a layer detect over a training or fine-tuning: when each became what it is, and what it was before.
 *
 * @param steps Dissections of the same layer on the same data, at steps that grow.
 * @param options `iouLimit`: a unit detects its best concept if the IoU is above this. Default: that of the dissections.
 * @returns Plain data.
 * @throws RangeError if there are no steps, they do not grow, or the dissections differ in their units or limits.
 * @throws TypeError if an argument is of another kind.
 * @see Bau, Zhou, Khosla, Oliva, Torralba, "Network Dissection", CVPR 2017, https://arxiv.org/abs/1704.05796, figure
 *   10.
 *
 * @example
 * import { conceptScenes, dissect, trackUnits } from '@cnnviz/dissect';
 *
 * const concepts = conceptScenes({ seed: 0, count: 4, size: 32 });
 * const steps = [];
 * for (const step of [0, 1]) {
 *   // Red, green and blue, and later the other way round.
 *   const probe = (images: tf.Tensor4D) => (step === 0 ? images : tf.reverse(images, 3));
 *   steps.push({ step, dissection: await dissect({ probe, concepts, upsampling: 'half-pixel' }) });
 * }
 * const { units } = trackUnits(steps);
 * units.map(({ first, last, settledAt }) => [first?.name, last?.name, settledAt]);
 */
export function trackUnits(steps: readonly DissectedStep[], options: { iouLimit?: number } = {}): UnitTracks {
  const check = checker('@cnnviz/dissect', 'trackUnits');
  check.options(options);
  const [{ dissection: first }] = checkSteps(check, steps);
  const iouLimit = check.number('iouLimit', options.iouLimit ?? first.iouLimit, { min: 0, max: 1 });
  const units = first.units.map(({ unit }, index) => {
    const history = steps.map(({ step, dissection }): UnitAtStep => {
      const { best } = dissection.units[index]!;
      const iou = best?.iou ?? 0;
      return { step, concept: best !== null && iou > iouLimit ? best.concept : null, iou };
    });
    return trackOf(unit, history);
  });
  const categories = [...new Set(steps.flatMap(({ dissection }) => dissection.categories))];
  return {
    layer: first.layer,
    iouLimit,
    categories,
    steps: steps.map(({ step, dissection }, index): StepSummary => {
      const { detectors, uniquePerCategory, uniqueBestLabels } = uniqueDetectors(dissection.units, { iouLimit });
      const now = units.map(({ history }) => history[index]!);
      return {
        step,
        detectors,
        uniquePerCategory,
        uniqueBestLabels,
        settled: units.filter(({ settledAt }) => settledAt !== null && settledAt <= step).length,
        changed: index === 0 ? 0 : units.filter(({ history }) => hasChanged(history, index)).length,
        detectorsByCategory: categories.map(
          (category) => now.filter(({ concept }) => concept?.category === category).length,
        ),
      };
    }),
    units,
  };
}

/**
 * Counts what units turned into: how many went from which concept to which.
 *
 * @param tracks A result of `trackUnits`.
 * @param options `from`, `to`: two steps. Default: the first and the last. `by`: whether to distinguish concepts or only their
 *   categories. Default: `'concept'`.
 * @returns The transitions that some unit made, including staying the same, most frequent first. Plain data.
 * @throws RangeError if a step is not among those tracked.
 * @throws TypeError if an argument is of another kind.
 * @see Bau, Zhou, Khosla, Oliva, Torralba, "Network Dissection", CVPR 2017, https://arxiv.org/abs/1704.05796.
 *
 * @example
 * import { conceptScenes, dissect, trackUnits, unitTransitions } from '@cnnviz/dissect';
 *
 * const concepts = conceptScenes({ seed: 0, count: 4, size: 32 });
 * const before = await dissect({ probe: (images) => images, concepts, upsampling: 'half-pixel' });
 * const after = await dissect({ probe: (images) => tf.reverse(images, 3), concepts, upsampling: 'half-pixel' });
 * const tracks = trackUnits([
 *   { step: 0, dissection: before },
 *   { step: 100, dissection: after },
 * ]);
 * unitTransitions(tracks, { by: 'category' }); // [{ from: 'color', to: 'color', units: 3 }]
 */
export function unitTransitions(
  tracks: UnitTracks,
  options: { from?: number; to?: number; by?: 'concept' | 'category' } = {},
): UnitTransition[] {
  const check = checker('@cnnviz/dissect', 'unitTransitions');
  requireTracks(check, tracks);
  check.options(options);
  const steps = tracks.steps.map(({ step }) => step);
  const from = steps.indexOf(check.oneOf('from', options.from ?? steps[0]!, steps));
  const to = steps.indexOf(check.oneOf('to', options.to ?? steps.at(-1)!, steps));
  const by = check.oneOf('by', options.by ?? 'concept', ['concept', 'category']);
  const nameOf = (concept: Concept | null) => (by === 'concept' ? concept?.name : concept?.category) ?? null;
  const transitions = new Map<string, UnitTransition>();
  for (const { history } of tracks.units) {
    const [before, after] = [nameOf(history[from]!.concept), nameOf(history[to]!.concept)];
    const key = JSON.stringify([before, after]);
    const transition = transitions.get(key) ?? { from: before, to: after, units: 0 };
    transition.units++;
    transitions.set(key, transition);
  }
  return [...transitions.values()].sort((a, b) => b.units - a.units);
}

/** Throws unless it is what `trackUnits` gives. */
export function requireTracks(check: Check, tracks: UnitTracks): void {
  requireLists(check, 'tracks', tracks, ['steps', 'units', 'categories']);
  if (tracks.steps.length === 0) check.fail('range', 'tracks.steps', 'at least one', tracks.steps);
  for (const [index, { history }] of tracks.units.entries()) {
    requireList(check, `tracks.units[${index}].history`, history);
    if (history.length !== tracks.steps.length) {
      check.fail('range', `tracks.units[${index}].history`, `one of ${tracks.steps.length} steps`, history);
    }
  }
}

function trackOf(unit: number, history: UnitAtStep[]): UnitTrack {
  const last = history.at(-1)!.concept;
  const changes = history.map((_, index) => index > 0 && hasChanged(history, index));
  return {
    unit,
    history,
    first: history.find(({ concept }) => concept !== null)?.concept ?? null,
    last,
    changes: changes.filter((has) => has).length,
    settledAt: last === null ? null : history[Math.max(0, changes.lastIndexOf(true))]!.step,
  };
}

/** Whether a unit detects something else than at the step before. */
function hasChanged(history: readonly UnitAtStep[], index: number): boolean {
  const [before, now] = [history[index - 1]!.concept, history[index]!.concept];
  return before?.name !== now?.name || before?.category !== now?.category;
}

function checkSteps(check: Check, steps: readonly DissectedStep[]): [DissectedStep] {
  requireList(check, 'steps', steps, 'a list of dissections by step');
  const [first] = steps;
  if (first === undefined) return check.fail('range', 'steps', 'at least one', steps);
  steps.forEach(({ step, dissection }, index) => {
    requireLists(check, `steps[${index}].dissection`, dissection, ['units', 'categories']);
    check.number(`step ${index}`, step, index === 0 ? {} : { above: steps[index - 1]!.step });
    const { units, layer, iouLimit } = dissection;
    if (units.length !== first.dissection.units.length || layer !== first.dissection.layer) {
      check.failBecause(
        'range',
        `${units.length} units of layer "${layer}" at step ${step} are not ${first.dissection.units.length} of "${first.dissection.layer}"`,
      );
    }
    if (iouLimit !== first.dissection.iouLimit) {
      check.failBecause('range', `the limits differ: ${iouLimit} at step ${step}, ${first.dissection.iouLimit} before`);
    }
  });
  return [first];
}
