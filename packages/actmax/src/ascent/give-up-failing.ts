import { type Check, type FailedImage, notFiniteError, whereRows } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import type { AscentSettings } from './ascent-options.ts';
import { type AscentRun, type BestSoFar, readNumbers } from './ascent-state.ts';
import { allAreDead, finiteOrNaN, isFiniteScore, reasonToGiveUp, type Score } from './failing-images.ts';

/** Thrown when no image is left whose activations and gradients are finite; holds the best until then as plain data. */
export class NonFiniteActivationError extends Error {
  override readonly name = 'NonFiniteActivationError';
  /** Undefined if nothing was finite at the start. */
  readonly bestSoFar: (BestSoFar & { readonly images: Float32Array; readonly shape: readonly number[] }) | undefined;

  constructor(message: string, bestSoFar: NonFiniteActivationError['bestSoFar']) {
    super(message);
    this.bestSoFar = bestSoFar;
  }
}

/**
 * Gives up the images that no step can improve: they return to their best and rest there.
 *
 * @throws Error if no other image is left.
 */
export async function giveUpFailing(
  check: Check,
  settings: AscentSettings,
  run: AscentRun,
  scores: readonly Score[],
): Promise<void> {
  const { rejectZeroGradient, stopAt, transforms } = settings;
  const failing = scores.flatMap((score, index): FailedImage[] => {
    if (run.failures[index] !== undefined) return [];
    const isDead = rejectZeroGradient && run.step === 0 && score.slope === 0 && score.activation < stopAt;
    const reason = reasonToGiveUp(score, isDead, transforms);
    return reason === undefined ? [] : [{ index, step: run.step, reason }];
  });
  if (failing.length === 0) return;
  for (const failure of failing) run.failures[failure.index] = failure;
  returnToBest(run, scores, failing);
  if (run.failures.every(Boolean)) await failWithAll(check, settings, run, scores, failing);
}

function returnToBest(run: AscentRun, scores: readonly Score[], failing: readonly FailedImage[]): void {
  const { best, variables } = run;
  const fails = scores.map((_, image) => failing.some(({ index }) => index === image));
  run.variables = whereRows(fails, best.variables, variables);
  variables.dispose();
  // At the start nothing has been kept yet.
  const isFirst = best.values.map((value, image) => fails[image] && value === Number.NEGATIVE_INFINITY);
  const known = (kept: readonly number[], found: readonly number[]) =>
    kept.map((value, image) => (isFirst[image] ? finiteOrNaN(found[image]!) : value));
  run.best = {
    ...best,
    values: known(
      best.values,
      scores.map(({ value }) => value),
    ),
    activations: known(
      best.activations,
      scores.map(({ activation }) => activation),
    ),
  };
}

/** @param failing The images that were given up last. */
async function failWithAll(
  check: Check,
  settings: AscentSettings,
  run: AscentRun,
  scores: readonly Score[],
  failing: readonly FailedImage[],
): Promise<never> {
  const broken = failing.find(({ index }) => !isFiniteScore(scores[index]!));
  if (broken === undefined) {
    const dead = failing.map(({ index }) => index);
    return check.failBecause('state', allAreDead(dead, settings.transforms));
  }
  const what = Number.isFinite(scores[broken.index]!.value) ? 'gradients' : 'activations';
  const { message } = notFiniteError(check, what, { where: `for image ${broken.index} at step ${run.step}` });
  const bestSoFar = run.step === 0 ? undefined : await readBest(settings, run);
  throw new NonFiniteActivationError(message, bestSoFar);
}

async function readBest({ parameterization }: AscentSettings, { best }: AscentRun) {
  const images = tf.tidy(() => parameterization.render(best.variables));
  try {
    const values = Float32Array.from(await images.data<'float32'>());
    return { ...best, variables: await readNumbers(best.variables), images: values, shape: images.shape };
  } finally {
    images.dispose();
  }
}
