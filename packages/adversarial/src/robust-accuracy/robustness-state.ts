import type { Check, SavedState } from '@cnnviz/internal';
import { requireSavedState } from '@cnnviz/internal';
import { type RobustnessWarningName, warningNames } from './model-warnings.ts';
import { nameOf } from './robustness-attack.ts';
import type { RobustnessSettings } from './robustness-settings.ts';

const format = { kind: 'robustAccuracy', version: 1 } as const;

/** Where an evaluation stands; plain JSON. */
export interface RobustAccuracyState extends SavedState<'robustAccuracy'> {
  /** The options that decide the result. */
  readonly settings: string;
  /** Batches that every attack was tried on. */
  readonly batches: number;
  /** Attacks tried on the batch after them. */
  readonly attacks: number;
  /** As in the result, for the images of all these batches. */
  readonly brokenBy: readonly (string | null)[];
  /** Names of the warnings so far. */
  readonly warnings: readonly RobustnessWarningName[];
}

/** An evaluation under way. */
export interface Evaluation {
  batches: number;
  attacks: number;
  brokenBy: (string | null)[];
  warnings: Set<RobustnessWarningName>;
}

export function beginEvaluation(resume: RobustAccuracyState | undefined): Evaluation {
  const { batches = 0, attacks = 0, brokenBy = [], warnings } = resume ?? {};
  return { batches, attacks, brokenBy: [...brokenBy], warnings: new Set(warnings) };
}

/** Notes where an evaluation stands, and gives a function that writes the note as a saved state. */
export function noteState(evaluation: Evaluation, settings: RobustnessSettings): () => RobustAccuracyState {
  const { batches, attacks, brokenBy } = evaluation;
  const noted = { batches, attacks, brokenBy: [...brokenBy], warnings: [...evaluation.warnings] };
  return () => ({ ...format, settings: fingerprintOf(settings), ...noted });
}

export function requireState(check: Check, state: RobustAccuracyState, options: RobustnessSettings): void {
  requireSavedState(check, state, format);
  const { settings, batches, attacks, brokenBy, warnings } = state;
  const expected = fingerprintOf(options);
  if (settings !== expected) check.fail('range', 'resume.settings', expected, settings);
  check.number('resume.batches', batches, { integer: true, min: 0 });
  check.number('resume.attacks', attacks, { integer: true, min: 0, max: options.attacks.length });
  if (!Array.isArray(brokenBy)) check.fail('type', 'resume.brokenBy', 'a list of attacks', brokenBy);
  const brokenBefore = (options.smaller?.brokenBy ?? []).filter((by) => by !== null);
  const breakers = ['clean', ...options.attacks.map(nameOf), ...brokenBefore];
  for (const [index, by] of brokenBy.entries()) {
    if (by !== null) check.oneOf(`resume.brokenBy[${index}]`, by, breakers);
  }
  if (!Array.isArray(warnings)) check.fail('type', 'resume.warnings', 'a list of names', warnings);
  for (const [index, name] of warnings.entries()) check.oneOf(`resume.warnings[${index}]`, name, warningNames);
}

/** Throws if a resumed evaluation has more or fewer images than its batches. One from the start cannot. */
export function requireImages(check: Check, { brokenBy }: Evaluation, images: number): void {
  if (brokenBy.length === images) return;
  check.fail('range', 'resume.brokenBy.length', `${images}, one entry per image so far`, brokenBy.length);
}

function fingerprintOf({ epsilon, bounds, norm, seed, attacks, smaller }: RobustnessSettings): string {
  const names = attacks.map(nameOf);
  return JSON.stringify({ epsilon, bounds, norm, seed, attacks: names, smaller: smaller?.epsilon ?? null });
}
