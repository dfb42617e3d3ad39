import {
  type Batches,
  type Classifier,
  checker,
  type LabeledImages,
  type LongWork,
  requireLongWork,
} from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import {
  type CountOptions,
  type CountProgress,
  type CriticalSampleRatio,
  countCriticalSamples,
} from './count-critical-samples.ts';

/** The ratios so far, after each batch. */
export type CriticalSampleSweepProgress = CountProgress<'criticalSampleSweep'>;

export interface CriticalSampleSweepOptions
  extends CountOptions<'criticalSampleSweep'>,
    LongWork<CriticalSampleSweepProgress> {
  /** Ascending, each >= 0, in the units of the pixels. */
  radii: readonly number[];
}

/**
 * The critical sample ratio at several radii. What is critical at one radius counts at all larger ones, and only the rest
 * is searched there: the ratio never falls as the radius rises, as it cannot by definition, but could by an unlucky search.
 *
 * `alpha` and `beta` are the same at all radii, so `maxSteps` has to suffice for the largest: at least radius / alpha.
 *
 * @param model Images `[n, h, w, c]` to logits `[n, classes]`, not in training mode.
 * @param batches As of `criticalSampleRatio`, which says all else.
 * @returns The ratio at each radius, with Wilson's interval; plain data.
 * @throws RangeError if an option is out of its range, an image outside `bounds`, there is no batch, or `resume` was saved
 *   with other options.
 * @throws Error if logits or gradients are not finite, no gradients are registered, or the wasm backend is active
 *   without `registerWasmGradients`.
 * @see Arpit et al., "A Closer Look at Memorization in Deep Networks", ICML 2017, https://arxiv.org/abs/1706.05394.
 *
 * @example
 * import { criticalSampleSweep } from '@cnnviz/adversarial';
 *
 * const sweep = await criticalSampleSweep(model, [images], {
 *   radii: [0.3 / 255, 1 / 255, 3 / 255],
 *   bounds: [0, 1],
 *   maxSteps: 12,
 *   seed: 0,
 * });
 * for (const { radius, ratio, interval } of sweep) console.log(radius, ratio, interval);
 */
export async function criticalSampleSweep(
  model: Classifier,
  batches: Batches<Tensor4D | Pick<LabeledImages, 'images'>>,
  options: CriticalSampleSweepOptions,
): Promise<CriticalSampleRatio[]> {
  const check = checker('@cnnviz/adversarial', 'criticalSampleSweep');
  check.options(options);
  requireLongWork(check, options);
  const { radii } = options;
  if (!Array.isArray(radii)) check.fail('type', 'radii', 'a list of numbers', radii);
  for (const radius of radii) check.number('radii', radius, { min: 0 });
  const isAscending = radii.every((radius, index) => index === 0 || radius > radii[index - 1]!);
  if (radii.length === 0 || !isAscending) check.fail('range', 'radii', 'one number or more, ascending', radii);
  return countCriticalSamples(check, 'criticalSampleSweep', model, batches, radii, options, options);
}
