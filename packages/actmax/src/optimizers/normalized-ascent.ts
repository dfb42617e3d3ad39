import { checker } from '@cnnviz/internal';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Optimizer, StepOfRun } from './optimizer.ts';

export interface NormalizedAscentOptions {
  /** Size of the first step: the mean absolute change of a variable. */
  initial: number;
  /** Size to which the steps fall linearly; the last of n steps is one nth of the way before it. Default: `initial`. */
  final?: number;
}

/**
 * Steps along the gradient by a size that does not depend on the gradient's: `size / mean|gradient|` times the gradient of
 * each image, as in DGN-AM.
 *
 * The size of step i of n, from 0, is `initial + (final - initial) · i / n`. An image whose gradient is zero stays as it is.
 *
 * @returns An optimizer for `maximizeActivation`; holds no state.
 * @throws RangeError if `initial` is not above 0 or `final` is negative.
 * @see Nguyen, Dosovitskiy, Yosinski, Brox, Clune, "Synthesizing the preferred inputs for neurons in neural networks
 *   via deep generator networks", NIPS 2016, https://arxiv.org/abs/1605.09304.
 *
 * @example
 * import { logit, maximizeActivation, normalizedAscent, pixels } from '@cnnviz/actmax';
 *
 * await maximizeActivation({
 *   objective: logit(model, [3]),
 *   parameterization: pixels({ shape: [28, 28, 1], bounds: [0, 1] }),
 *   optimizer: normalizedAscent({ initial: 0.1, final: 0 }),
 *   steps: 5,
 *   seed: 0,
 * });
 */
export function normalizedAscent(options: NormalizedAscentOptions): Optimizer {
  const check = checker('@cnnviz/actmax', 'normalizedAscent');
  check.options(options);
  const initial = check.number('initial', options.initial, { above: 0 });
  const final = check.number('final', options.final ?? initial, { min: 0 });
  return {
    name: 'normalizedAscent',
    memory: 0,
    update: (gradient, _, { step, steps }) => ({
      update: tf.mul(ofMeanSizeOne(gradient), linearStepSize({ initial, final }, { step, steps })),
      memory: [],
    }),
  };
}

function linearStepSize({ initial, final }: Required<NormalizedAscentOptions>, { step, steps }: StepOfRun): number {
  return initial + ((final - initial) * step) / steps;
}

/** Each image's gradient `[n, ...]` divided by the mean of its absolute values; zeros stay zeros. */
export function ofMeanSizeOne(gradient: Tensor): Tensor {
  const axes = gradient.shape.map((_, axis) => axis).slice(1);
  const size = tf.mean(tf.abs(gradient), axes, true);
  return tf.div(gradient, tf.add(size, tf.cast(tf.equal(size, 0), 'float32')));
}
