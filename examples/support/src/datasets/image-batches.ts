import { type Bounds, checker, createRandom, type LabeledImages } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import type { ImageSet } from './image-set.ts';

export interface ImageBatchesOptions {
  /** Images a batch; the last one holds what is left. */
  size: number;
  /** Shuffles. Default: the order of the set. */
  seed?: number;
  /** Which of the seed's orders: each epoch of training takes another. Default: 0. */
  epoch?: number;
  /** What levels 0 and 255 become. Default: the set's own bounds. */
  bounds?: Bounds;
}

/** Batches that say how many they are. */
export type SizedBatches = Iterable<LabeledImages> & { readonly length: number };

/**
 * The batches of one pass over a set, made as they are asked for, so that only one is in memory.
 *
 * @returns Batches of images `[size, h, w, c]` within the bounds and labels `[size]` int32, in the same order however
 * often they are iterated, and their number as `length`. A batch is disposed when the next one is asked for.
 */
export function imageBatches(set: ImageSet, options: ImageBatchesOptions): SizedBatches {
  const check = checker('@cnnviz/example-support', 'imageBatches');
  const size = check.number('size', options.size, { integer: true, min: 1 });
  const epoch = check.number('epoch', options.epoch ?? 0, { integer: true, min: 0 });
  const [min, max] = check.bounds('bounds', options.bounds ?? set.bounds);
  const { seed } = options;
  if (seed !== undefined) check.seed('seed', seed);

  const [height, width, channels] = set.shape;
  const values = height * width * channels;
  const valueOfLevel = Float32Array.from({ length: 256 }, (_, level) => min + ((max - min) * level) / 255);

  return {
    length: Math.ceil(set.labels.length / size),
    *[Symbol.iterator]() {
      const order = seed === undefined ? undefined : orderOfEpoch(seed, epoch, set.labels.length);
      for (let start = 0; start < set.labels.length; start += size) {
        const count = Math.min(size, set.labels.length - start);
        const images = new Float32Array(count * values);
        const labels = new Int32Array(count);
        for (let position = 0; position < count; position++) {
          const index = order === undefined ? start + position : order[start + position]!;
          labels[position] = set.labels[index]!;
          const from = index * values;
          const to = position * values;
          for (let value = 0; value < values; value++) {
            images[to + value] = valueOfLevel[set.images[from + value]!]!;
          }
        }
        const batch = {
          images: tf.tensor4d(images, [count, height, width, channels]),
          labels: tf.tensor1d(labels, 'int32'),
        };
        try {
          yield batch;
        } finally {
          tf.dispose([batch.images, batch.labels]);
        }
      }
    },
  };
}

/** Each epoch's order has a seed of its own, the next number that `seed` gives. */
function orderOfEpoch(seed: number, epoch: number, count: number): Int32Array {
  const seeds = createRandom(seed);
  for (let passed = 0; passed < epoch; passed++) seeds.integer(2 ** 32);
  return createRandom(seeds.integer(2 ** 32)).permutation(count);
}
