import { checker, gaussianBlur } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Regularizer } from './regularizer.ts';

export interface BlurOptions {
  /** Standard deviation of the Gaussian in pixels, >= 0.3; a smaller one changes almost nothing. Default: 0.5. */
  sigma?: number;
  /** Steps between two blurs, >= 1. Default: 4. */
  every?: number;
}

/**
 * Blurs the images after every few steps, so that high frequencies never build up. Only for `pixels`.
 *
 * @returns A regularizer for `maximizeActivation`.
 * @throws RangeError if an option is outside its range.
 * @see Yosinski, Clune, Nguyen, Fuchs, Lipson, "Understanding Neural Networks Through Deep Visualization", ICML deep
 *   learning workshop 2015, https://arxiv.org/abs/1506.06579: sigma 0.5 and every 4 steps is one of its four sets of
 *   parameters.
 *
 * @example
 * import { blur } from '@cnnviz/actmax';
 *
 * const regularizers = [blur({ sigma: 0.5, every: 4 })];
 */
export function blur(options: BlurOptions = {}): Regularizer {
  const check = checker('@cnnviz/actmax', 'blur');
  check.options(options);
  const sigma = check.number('sigma', options.sigma ?? 0.5, { min: 0.3 });
  const every = check.number('every', options.every ?? 4, { integer: true, min: 1 });
  return {
    name: 'blur',
    check: ({ name }) => {
      if (name !== 'pixels') check.failBecause('type', `is for pixels, not for the variables of ${name}`);
    },
    afterStep: (images, { step }) => ((step + 1) % every === 0 ? gaussianBlur(images as Tensor4D, sigma) : images),
  };
}
