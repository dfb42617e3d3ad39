import { describeOnBackends } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { batchesOf, chunksOf, countBatches, requireBatches, takeBatches } from './batches.ts';
import { checker } from './check.ts';

describeOnBackends(['cpu', 'wasm', 'tensorflow'], () => {
  describe('batchesOf', () => {
    const examples = () => ({
      images: tf.reshape(tf.range(0, 14), [7, 1, 2, 1]),
      labels: tf.tensor1d([0, 1, 2, 3, 4, 5, 6], 'int32'),
    });

    const read = async (batches: Iterable<ReturnType<typeof examples>>) => {
      const found = [];
      for (const { images, labels } of batches) {
        found.push({ shape: images.shape, images: [...(await images.data())], labels: [...(await labels.data())] });
      }
      return found;
    };

    test('cuts along the first axis and keeps what is left over', async () => {
      const tensors = examples();
      const batches = batchesOf(tensors, 3);
      const expected = [
        { shape: [3, 1, 2, 1], images: [0, 1, 2, 3, 4, 5], labels: [0, 1, 2] },
        { shape: [3, 1, 2, 1], images: [6, 7, 8, 9, 10, 11], labels: [3, 4, 5] },
        { shape: [1, 1, 2, 1], images: [12, 13], labels: [6] },
      ];
      expect(await read(batches)).toEqual(expected);
      expect(await read(batches)).toEqual(expected);
      expect(await read(batchesOf(tensors, 100))).toHaveLength(1);
      tf.dispose(tensors);
    });

    test('disposes each batch when the next is asked for, on break and on throw, and never the tensors', () => {
      const tensors = examples();
      const before = tf.memory().numTensors;
      let largest = 0;
      for (const _ of batchesOf(tensors, 2)) largest = Math.max(largest, tf.memory().numTensors - before);
      expect(largest).toBe(2);
      for (const _ of batchesOf(tensors, 2)) break;
      expect(() => {
        for (const _ of batchesOf(tensors, 2)) throw new Error('on the way');
      }).toThrow('on the way');
      expect(tf.memory().numTensors).toBe(before);
      expect(tensors.images.isDisposed).toBe(false);
      tf.dispose(tensors);
    });

    test('rejects tensors that do not belong together, and sizes that are none', () => {
      tf.tidy(() => {
        const tensors = examples();
        expect(() => batchesOf({ ...tensors, labels: tf.tensor1d([0], 'int32') }, 2)).toThrow(
          '@cnnviz/internal: batchesOf: tensors must be tensors of one length, got [7, 1]',
        );
        expect(() => batchesOf({ one: tf.scalar(1) }, 2)).toThrow(RangeError);
        expect(() => batchesOf({}, 2)).toThrow(RangeError);
        expect(() => batchesOf(tensors, 0)).toThrow('size must be an integer >= 1, got 0');
      });
    });
  });
});

test('chunksOf keeps order and what is left over', () => {
  expect(chunksOf([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
  expect(chunksOf([1, 2], 2)).toEqual([[1, 2]]);
  expect(chunksOf([], 2)).toEqual([]);
  expect(() => chunksOf([1], 0.5)).toThrow('size must be an integer >= 1, got 0.5');
});

describe('takeBatches', () => {
  /** An endless data set that says how many batches were made, and whether it was closed. */
  function endless() {
    const seen = { made: 0, closed: 0 };
    const batches = {
      async *[Symbol.asyncIterator]() {
        try {
          for (;;) yield seen.made++;
        } finally {
          seen.closed++;
        }
      },
    };
    return { seen, batches };
  }

  const collect = async <T>(batches: AsyncIterable<T>) => {
    const all: T[] = [];
    for await (const batch of batches) all.push(batch);
    return all;
  };

  test('reads no more than it gives, and closes its source', async () => {
    const { seen, batches } = endless();
    expect(await collect(takeBatches(batches, 3))).toEqual([0, 1, 2]);
    expect(seen).toEqual({ made: 3, closed: 1 });
    expect(await collect(takeBatches(batches, 0))).toEqual([]);
    expect(seen).toEqual({ made: 3, closed: 1 });
  });

  test('takes arrays, can be iterated again, and ends where its source ends', async () => {
    const taken = takeBatches(['a', 'b', 'c'], 2);
    expect(await collect(taken)).toEqual(['a', 'b']);
    expect(await collect(taken)).toEqual(['a', 'b']);
    expect(await collect(takeBatches(['a'], 2))).toEqual(['a']);
    expect(() => takeBatches([], -1)).toThrow('count must be an integer >= 0, got -1');
  });
});

test('countBatches counts arrays and asynchronous data sets', async () => {
  expect(await countBatches([1, 2, 3])).toBe(3);
  expect(await countBatches([])).toBe(0);
  expect(await countBatches(takeBatches([1, 2, 3], 2))).toBe(2);
});

test('requireBatches takes what can be iterated, text excepted', () => {
  const check = checker('@cnnviz/regularizers', 'train');
  async function* later() {}
  for (const batches of [[1], new Set([1]), later()]) expect(requireBatches(check, 'batches', batches)).toBe(batches);
  for (const [value, shown] of [
    [undefined, 'undefined'],
    [null, 'null'],
    ['abc', '"abc"'],
    [{ images: 1 }, '{ images }'],
    [() => [], 'a function'],
  ]) {
    expect(() => requireBatches(check, 'batches', value as never)).toThrow(
      `train: batches must be an iterable of batches, also an asynchronous one, got ${shown}`,
    );
  }
});
