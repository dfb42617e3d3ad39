import type { Tensor } from '@tensorflow/tfjs-core';
import type { Check } from './check.ts';
import type { Bounds } from './contracts.ts';

/**
 * Reads a tensor and rejects with a RangeError where a value lies outside `bounds` or is NaN: pixels outside the range
 * that the model was trained on, labels without a logit.
 */
export async function requireWithin(check: Check, name: string, tensor: Tensor, bounds: Bounds): Promise<void> {
  const [min, max] = tensor.dtype === 'float32' ? bounds.map(Math.fround) : bounds;
  const values = await tensor.data<'float32'>();
  const index = values.findIndex((value) => !(value >= min! && value <= max!));
  if (index === -1) return;
  check.failBecause(
    'range',
    `${name} must be within [${bounds[0]}, ${bounds[1]}], got ${values[index]} (value ${index} of ${values.length})`,
  );
}
