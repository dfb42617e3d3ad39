import type { Rank, Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Check } from './check.ts';

/**
 * Throws unless a model, probe, encoder or generator returned what it has to: a float32 tensor that is not disposed and
 * fits.
 *
 * @param expected As the error says it: `a function from images to logits [4, 2 or more]`.
 */
export function requireOutput<R extends Rank>(
  check: Check,
  name: string,
  expected: string,
  output: unknown,
  fits: (output: Tensor) => boolean,
): Tensor<R> {
  const isUsable = output instanceof tf.Tensor && !output.isDisposed && output.dtype === 'float32';
  return isUsable && fits(output) ? (output as Tensor<R>) : check.fail('type', name, expected, output);
}
