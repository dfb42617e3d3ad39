import { checker } from '@cnnviz/internal';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Optimizer, StepOfRun } from './optimizer.ts';

export interface NormalizedAscentOptions {
  /** Size of the first step: the mean absolute change of a variable. */
  initial: number;
  /** Size that the steps fall to along a line; the last of n is one nth of the way before it. Default: `initial`. */
  final?: number;
}

/**
 * Steps along the gradient whose size does not depend on the gradient's: for each image `size / mean|gradient|` times the
 * gradient, as DGN-AM takes them.
 *
 * The size of step i of n, from 0, is `initial + (final - initial) · i / n`. An image without gradient stays.
 *
 * @throws RangeError if `initial` is not above 0 or `final` is negative.
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
