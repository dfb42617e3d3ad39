import { type Check, checker, type FailedImage, requireGradients } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type AscentOptions, type AscentSettings, resolveOptions } from './ascent-options.ts';
import {
  type AscentRun,
  type AscentState,
  disposeRun,
  failedOf,
  restingOf,
  restoreRun,
  saveRun,
  startRun,
} from './ascent-state.ts';
import { finiteOrNaN } from './failing-images.ts';
import { giveUpFailing } from './give-up-failing.ts';
import { keepBest } from './keep-best.ts';
import {
  evaluateWithGradient,
  type PreparedAscent,
  prepareAscent,
  readScores,
  scoreOf,
  takeStep,
} from './take-step.ts';

export interface AscentStep {
  /** Steps taken, from 1. */
  done: number;
  /** The option `steps`. */
  total: number;
  /** The objective of each image as the network saw it, before this step; NaN where it is not finite. */
  activations: number[];
  /** Images given up so far. */
  failed: FailedImage[];
  /** Draws the images to which `activations` belong, `[n, h, w, c]`. Works until the next step. The caller disposes. */
  images(): Tensor4D;
  /** What `resume` of a later call takes: where the run is after this step. Works until the next step. */
  state(): Promise<AscentState>;
}

export interface MaximizedActivation {
  /** The best of the run for each objective, `[n, h, w, c]` inside the bounds. The caller disposes. */
  images: Tensor4D;
  /**
   * The objective of each of `images`, as they are, without transforms; NaN for an image whose activation was not finite
   * at the start.
   */
  activations: number[];
  /** The step, from 0 (the start), at which each of `images` was found. */
  bestSteps: number[];
  /** The variables that `images` were rendered from (the codes of a generator), `[n, ...variableShape]`. */
  variables: Float32Array;
  /**
   * Images that were given up while the others continued: their gradient was zero at the start, or activations or
   * gradients stopped being finite. `images` and `last` hold the best of them until then.
   */
  failed: FailedImage[];
  /** How the run ended. The caller disposes `images`. */
  last: { images: Tensor4D; activations: number[] };
  /** The activation of each image at each step, from the start to the last image: `[steps + 1][n]`. NaN where it was not finite. */
  trace: number[][];
  /** Steps taken. */
  steps: number;
  /** What `resume` of a later call takes. */
  state: AscentState;
}

/**
 * Runs `maximizeActivation` one step at a time, for a page that draws each step or a loop of your own. Leaving the loop
 * frees everything.
 *
 * @returns A generator of steps, whose return value is the result of `maximizeActivation`; a `for await` drops it. The
 *   caller disposes the images of both.
 * @throws As `maximizeActivation`.
 * @see Olah, Mordvintsev, Schubert, "Feature Visualization", Distill 2017, https://doi.org/10.23915/distill.00007.
 *
 * @example
 * import { activationSteps, logit, pixels } from '@cnnviz/actmax';
 *
 * const parameterization = pixels({ shape: [28, 28, 1], bounds: [0, 1] });
 * for await (const { done, activations, images } of activationSteps({ objective: logit(model, 3), parameterization })) {
 *   const drawn = images();
 *   console.log(done, activations[0]);
 *   drawn.dispose();
 *   if (done === 3) break;
 * }
 */
export async function* activationSteps(
  options: AscentOptions,
): AsyncGenerator<AscentStep, MaximizedActivation, undefined> {
  return yield* ascend(checker('@cnnviz/actmax', 'activationSteps'), options);
}

/** `activationSteps` under the name of the function that was called. */
export async function* ascend(
  check: Check,
  options: AscentOptions,
): AsyncGenerator<AscentStep, MaximizedActivation, undefined> {
  const settings = resolveOptions(check, options);
  requireGradients(check);
  const { parameterization, regularizers, steps, stopAt, count } = settings;
  for (const regularizer of regularizers) await regularizer.check?.(parameterization);
  const run = options.resume === undefined ? startRun(settings) : restoreRun(check, settings, options.resume);
  let prepared: PreparedAscent | undefined;
  try {
    await parameterization.check?.(run.variables);
    prepared = prepareAscent(check, settings, run.variables);
    while (run.step < steps) {
      const { gradient, facts } = evaluateWithGradient(check, settings, prepared, run);
      const held = [gradient, facts];
      try {
        const scores = await readScores(facts, count);
        await giveUpFailing(check, settings, run, scores);
        const scored = tf.keep(tf.clone(run.variables));
        held.push(scored);
        keepBest(settings, run, scores);
        for (const [image, { activation }] of scores.entries()) run.stopped[image] ||= activation >= stopAt;
        if (restingOf(run).every(Boolean)) break;
        const activations = scores.map(({ activation }) => finiteOrNaN(activation));
        run.trace.push(activations);
        takeStep(settings, run, gradient, scores);
        yield {
          done: run.step,
          total: steps,
          activations: [...activations],
          failed: failedOf(run),
          images: () => tf.tidy(() => parameterization.render(scored)),
          state: () => saveRun(run),
        };
      } finally {
        tf.dispose(held);
      }
    }
    return await conclude(check, settings, prepared, run);
  } finally {
    disposeRun(run);
    tf.dispose([...(prepared?.held ?? [])]);
  }
}

/** Scores the last images and, if transforms changed what the network saw of them, the best ones. */
async function conclude(
  check: Check,
  settings: AscentSettings,
  prepared: PreparedAscent,
  run: AscentRun,
): Promise<MaximizedActivation> {
  const { parameterization, transforms } = settings;
  const state = await saveRun(run);
  const last = await scoreOf(check, settings, prepared, run.variables);
  await giveUpFailing(check, { ...settings, rejectZeroGradient: false }, run, last);
  if (transforms.length > 0 && run.step > 0) {
    const scores = await scoreOf(check, settings, prepared, run.best.variables);
    run.best = {
      ...run.best,
      values: scores.map(({ value }) => finiteOrNaN(value)),
      activations: scores.map(({ activation }) => finiteOrNaN(activation)),
    };
  }
  keepBest(settings, run, last);
  const { best } = run;
  const lastActivations = last.map(({ activation }, image) =>
    run.failures[image] === undefined ? activation : best.activations[image]!,
  );
  const variables = Float32Array.from(await best.variables.data<'float32'>());
  const [images, lastImages] = tf.tidy(() => [
    parameterization.render(best.variables),
    parameterization.render(run.variables),
  ]) as [Tensor4D, Tensor4D];
  return {
    images,
    activations: [...best.activations],
    bestSteps: [...best.steps],
    failed: failedOf(run),
    variables,
    last: { images: lastImages, activations: lastActivations },
    trace: [...run.trace, lastActivations],
    steps: run.step,
    state,
  };
}
