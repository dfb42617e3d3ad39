import type { TensorContainer } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { isPlainObject } from './realm.ts';

/**
 * Runs a callback of the caller and returns its tensors as new ones, which are ours to dispose.
 *
 * A model, an augmentation or an objective may return its input, a variable, a tensor that it keeps, or one tensor
 * twice. A clone shares the data, and disposing it leaves the original alone. Whatever else the callback made is freed.
 *
 * @example
 * const prepared = ownResult(() => prepare(images));
 * prepared.dispose(); // whatever `prepare` does, `images` are still there
 */
export function ownResult<T extends TensorContainer>(callback: () => T): T {
  return tf.tidy(() => cloned(callback()));
}

function cloned<T extends TensorContainer>(result: T): T {
  if (result instanceof tf.Tensor) return result.isDisposed ? result : (tf.clone(result) as T);
  if (Array.isArray(result)) return result.map(cloned) as unknown as T;
  if (!isPlainObject(result)) return result;
  return Object.fromEntries(Object.entries(result).map(([name, part]) => [name, cloned(part as TensorContainer)])) as T;
}
