import { checker, type LongWork, reportProgress, requireLongWork, throwIfAborted } from '@cnnviz/internal';
import { type AscentStep, ascend, type MaximizedActivation } from './activation-steps.ts';
import type { AscentOptions } from './ascent-options.ts';

export interface MaximizeActivationOptions extends AscentOptions, LongWork<AscentStep> {}

/**
 * Finds images that make units of a network as active as possible, by gradient ascent.
 *
 * All images are one batch: `logit(model, [0, 1, 2])` is for three of them, and a list of objectives for as many as it has.
 * In each step the variables become images, `transforms` change what the networks see of them, the objective is evaluated,
 * the optimizer steps along its gradient minus that of the penalties, variables are projected back into their bounds, and
 * the regularizers change them. The best images of the run are kept, by objective minus penalties (if images are `coupled`,
 * as by `diversity`, the best step of all together). No weight of any network changes.
 *
 * An image that no step can improve, such as that of a dead unit, or that stops being finite, does not end the run: it is
 * listed under `failed` with the reason, and the others become what they would be without it.
 *
 * With random transforms the objective differs from look to look, so that the best image is the one that looked best once.
 * At the end it is scored as it is, without transforms, and compared with the last.
 *
 * @returns The best and the last images, with their activations and the state to resume from. The caller disposes `images`
 *   and `last.images`.
 * @throws RangeError if an option is outside its range, or a unit does not exist (and how many there are).
 * @throws TypeError if an option is of another kind, or a model returns an unexpected output.
 * @throws Error if a model refuses the images (with its own error as the cause), the gradient is zero at the start for all
 *   of them, no gradients are registered, or the wasm backend is active without `registerWasmGradients`.
 * @throws NonFiniteActivationError if every image has failed, the last because activations or gradients were not finite;
 *   it holds the best images until then.
 * @see Erhan, Bengio, Courville, Vincent, "Visualizing Higher-Layer Features of a Deep Network", 2009; Olah,
 *   Mordvintsev, Schubert, "Feature Visualization", Distill 2017, https://doi.org/10.23915/distill.00007.
 *
 * @example
 * import { logit, maximizeActivation, pixels } from '@cnnviz/actmax';
 *
 * const { images: wanted, activations } = await maximizeActivation({
 *   objective: logit(model, [0, 1, 2]),
 *   parameterization: pixels({ shape: [28, 28, 1], bounds: [0, 1] }),
 *   steps: 20,
 *   seed: 0,
 * });
 */
export async function maximizeActivation(options: MaximizeActivationOptions): Promise<MaximizedActivation> {
  const check = checker('@cnnviz/actmax', 'maximizeActivation');
  requireLongWork(check, check.options(options));
  throwIfAborted(options);
  const steps = ascend(check, options);
  for (;;) {
    const next = await steps.next();
    if (next.done) return next.value;
    try {
      await reportProgress(options, next.value);
    } catch (error) {
      await steps.return(undefined as never);
      throw error;
    }
  }
}
