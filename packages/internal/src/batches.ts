import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type Check, checker } from './check.ts';
import type { Batches } from './contracts.ts';

/**
 * Cuts tensors into batches along their first axis.
 *
 * @param tensors Tensors of equal first axis, such as `{ images: [n, h, w, c], labels: [n] }`. Still the caller's.
 * @param size Examples a batch; the last one holds what is left.
 * @returns Batches of the same keys, as often as wanted; `length` is their number. A batch is disposed when the next one is asked for.
 *
 * @example
 * const images = tf.zeros([10, 28, 28, 1]);
 * const labels = tf.zeros([10], 'int32');
 * for (const batch of batchesOf({ images, labels }, 4)) batch.images.shape; // [4, …], [4, …], [2, …]
 */
export function batchesOf<T extends Record<string, Tensor>>(
  tensors: T,
  size: number,
): Iterable<T> & { readonly length: number } {
  const check = checker('@cnnviz/internal', 'batchesOf');
  check.options(tensors, 'tensors');
  check.number('size', size, { integer: true, min: 1 });
  const entries = Object.entries(tensors);
  const lengths = entries.map(([name, tensor]) => check.tensor(name, tensor).shape[0]);
  const length = lengths[0];
  if (length === undefined || lengths.some((other) => other !== length)) {
    check.fail('range', 'tensors', 'tensors of one length', lengths);
  }
  return {
    length: Math.ceil(length! / size),
    *[Symbol.iterator]() {
      for (let start = 0; start < length!; start += size) {
        const count = Math.min(size, length! - start);
        const batch = Object.fromEntries(entries.map(([name, tensor]) => [name, tf.slice(tensor, start, count)])) as T;
        try {
          yield batch;
        } finally {
          tf.dispose(batch);
        }
      }
    },
  };
}

/** Cuts an array into arrays of `size`; the last one holds what is left. */
export function chunksOf<T>(values: readonly T[], size: number): T[][] {
  checker('@cnnviz/internal', 'chunksOf').number('size', size, { integer: true, min: 1 });
  return Array.from({ length: Math.ceil(values.length / size) }, (_, chunk) =>
    values.slice(chunk * size, (chunk + 1) * size),
  );
}

/** The first `count` batches, as often as wanted. Reads no batch beyond them. */
export function takeBatches<T>(batches: Batches<T>, count: number): AsyncIterable<T> {
  checker('@cnnviz/internal', 'takeBatches').number('count', count, { integer: true, min: 0 });
  return {
    async *[Symbol.asyncIterator]() {
      if (count === 0) return;
      let taken = 0;
      for await (const batch of batches) {
        yield batch;
        if (++taken === count) return;
      }
    },
  };
}

/** Throws unless it can be iterated. Text can be, and is none. */
export function requireBatches<T>(check: Check, name: string, batches: Batches<T>): Batches<T> {
  const found = batches as Partial<Iterable<T> & AsyncIterable<T>> | null | undefined;
  const isIterable =
    typeof found === 'object' && typeof (found?.[Symbol.iterator] ?? found?.[Symbol.asyncIterator]) === 'function';
  return isIterable ? batches : check.fail('type', name, 'an iterable of batches, also an asynchronous one', batches);
}

/** How many batches there are, found by iterating them once. */
export async function countBatches(batches: Batches<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of batches) count++;
  return count;
}
