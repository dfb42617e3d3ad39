import type { Tensor } from '@tensorflow/tfjs-core';
import type { Check } from './check.ts';

/**
 * Reads a tensor and rejects where it holds NaN or an infinity.
 *
 * @param what What the tensor is, as the error names it: `logits`, `the gradient`.
 * @param step Where in an iteration the tensor was computed.
 */
export async function requireFinite(check: Check, what: string, tensor: Tensor, step?: number): Promise<void> {
  const values = await tensor.data<'float32'>();
  const index = values.findIndex((value) => !Number.isFinite(value));
  if (index === -1) return;
  const when = step === undefined ? '' : ` at step ${step}`;
  check.failBecause(
    'state',
    `${what} must be finite, got ${values[index]}${when} (value ${index} of ${values.length})`,
  );
}
