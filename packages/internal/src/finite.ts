import type { Tensor } from '@tensorflow/tfjs-core';
import type { Check } from './check.ts';

/** A value that is not finite, and where it was met. */
export interface NotFinite {
  /** The value itself, if it was read: NaN or an infinity. */
  got?: number;
  /** The rest of the sentence: `for image 0 at step 3`, `in epoch 0, batch 2`. */
  where?: string;
}

/**
 * Makes the error `<what> must be finite, got NaN for image 0 at step 3`.
 *
 * @param what The values, as the error names them: `logits`, `the loss`.
 */
export function notFiniteError(check: Check, what: string, { got, where }: NotFinite): Error {
  const value = got === undefined ? 'NaN or Infinity' : `${got}`;
  return check.errorBecause('state', `${what} must be finite, got ${value}${where === undefined ? '' : ` ${where}`}`);
}

/** Throws `notFiniteError`. */
export function failNotFinite(check: Check, what: string, place: NotFinite): never {
  throw notFiniteError(check, what, place);
}

/**
 * Reads a tensor and throws if it holds NaN or an infinity.
 *
 * @param what The values, as the error names them: `logits`, `the gradient`.
 * @param step The step of an iteration in which the tensor was computed.
 */
export async function requireFinite(check: Check, what: string, tensor: Tensor, step?: number): Promise<void> {
  const values = await tensor.data<'float32'>();
  const index = values.findIndex((value) => !Number.isFinite(value));
  if (index === -1) return;
  const place = `(value ${index} of ${values.length})`;
  failNotFinite(check, what, { got: values[index]!, where: step === undefined ? place : `at step ${step} ${place}` });
}
