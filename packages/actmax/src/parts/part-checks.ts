import { type Check, requireOutput } from '@cnnviz/internal';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';

/**
 * The parts of a run, which anybody may write, are checked when the run begins, and what their functions return when
 * they return it. A part that is wrong is an error that names it, not one from inside TensorFlow.js.
 */

export function requireImages(check: Check, name: string, images: unknown, count: number): Tensor4D {
  const expected = `a function to float32 images [${count}, h, w, c]`;
  return requireOutput(check, name, expected, images, ({ rank, shape }) => rank === 4 && shape[0] === count);
}

export function requireShape(
  check: Check,
  name: string,
  expected: string,
  made: unknown,
  shape: readonly number[],
): Tensor {
  return requireOutput(check, name, expected, made, (tensor) => String(tensor.shape) === String(shape));
}

export function requireName(check: Check, owner: string, name: unknown): void {
  if (typeof name !== 'string') check.fail('type', `${owner}.name`, 'a string', name);
}

/** What may be left out may be null. */
export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}
