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
import { defaultRadius } from './lass-options.ts';

/** The ratio so far, after each batch. */
export interface CriticalSampleRatioProgress
  extends CriticalSampleRatio,
    Omit<CountProgress<'criticalSampleRatio'>, 'ratios'> {}

export interface CriticalSampleRatioOptions
  extends CountOptions<'criticalSampleRatio'>,
    LongWork<CriticalSampleRatioProgress> {
  /** How far a pixel may move, >= 0, as in `criticalSamples`. Default: 0.3 on the scale 0-255. */
  radius?: number;
}

/**
 * Critical sample ratio (CSR): the part of a data set that has a critical sample nearby, as `criticalSamples` finds it.
 * Measured on images that the model did not learn from, it tells how tangled its decisions are: it rises with training,
 * and higher where labels or images are noise.
 *
 * All images count, those of a last small batch too, and the size of the batches changes nothing: the noise of an image
 * depends on `seed` and its number in the data set.
 *
 * @param model Images `[n, h, w, c]` to logits `[n, classes]`, not in training mode.
 * @param batches Images `[n, h, w, c]` inside `bounds`, with or without labels (which are not looked at).
 * @param options Those of `criticalSamples`. `onProgress` is called after each batch with the ratio so far;
 *   `resume` takes what its `state()` gave.
 * @returns The ratio with Wilson's interval.
 * @throws RangeError if an option is out of its range, an image outside `bounds`, there is no batch, or `resume` was
 *   saved with other options.
 * @throws Error if logits or gradients are not finite, no gradients are registered, or the wasm backend is active
 *   without `registerWasmGradients`.
 * @throws The signal's reason if it is aborted.
 * @see Arpit et al., "A Closer Look at Memorization in Deep Networks", ICML 2017, https://arxiv.org/abs/1706.05394.
 *
 * @example
 * import { criticalSampleRatio } from '@cnnviz/adversarial';
 *
 * const { ratio, interval } = await criticalSampleRatio(model, [images], { bounds: [0, 1], maxSteps: 5, seed: 0 });
 */
export async function criticalSampleRatio(
  model: Classifier,
  batches: Batches<Tensor4D | Pick<LabeledImages, 'images'>>,
  options: CriticalSampleRatioOptions,
): Promise<CriticalSampleRatio> {
  const check = checker('@cnnviz/adversarial', 'criticalSampleRatio');
  check.options(options);
  requireLongWork(check, options);
  const bounds = check.bounds('bounds', options.bounds);
  const radius = check.number('radius', options.radius ?? defaultRadius(bounds), { min: 0 });
  const { signal, onProgress } = options;
  const [ratio] = await countCriticalSamples(check, 'criticalSampleRatio', model, batches, [radius], options, {
    signal,
    onProgress: onProgress && (({ ratios, ...progress }) => onProgress({ ...ratios[0]!, ...progress })),
  });
  return ratio!;
}
