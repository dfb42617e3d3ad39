import { checker, createRandom, type LabeledImages } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import { requireExamples } from './labeled-images.ts';

/**
 * Cuts a data set into batches, in a new random order for each epoch, as `train` takes them.
 *
 * @param data All images `[n, h, w, c]` and labels `[n]` int32. They stay the caller's, and must live while batches are
 *   read.
 * @param options `size`: examples per batch; the last batch holds the rest. `seed` of the orders; default 0.
 * @returns A function that gives the batches of an epoch, counted from 0; their `length` is the number of batches. A
 *   batch is disposed when the next one is asked for.
 * @throws RangeError if `size` or `seed` is out of range, or there are no images; TypeError if `data` is of another kind.
 *
 * @example
 * import { shuffledBatches } from '@cnnviz/regularizers';
 *
 * const batchesOfEpoch = shuffledBatches({ images, labels }, { size: 128, seed: 0 });
 * for (const batch of batchesOfEpoch(0)) batch.labels.shape;
 */
export function shuffledBatches(
  data: LabeledImages,
  options: { size: number; seed?: number },
): (epoch: number) => Iterable<LabeledImages> & { readonly length: number } {
  const check = checker('@cnnviz/regularizers', 'shuffledBatches');
  const count = requireExamples(check, data, 'data');
  const size = check.number('size', check.options(options).size, { integer: true, min: 1 });
  const { seed = 0 } = options;
  const start = createRandom(check.seed('seed', seed)).integer(2 ** 32);
  const [, height, width, channels] = data.images.shape;
  return (epoch) => ({
    length: Math.ceil(count / size),
    *[Symbol.iterator]() {
      const order = createRandom(start + epoch).permutation(count);
      for (let first = 0; first < count; first += size) {
        const chosen = order.subarray(first, first + size);
        const batch = tf.tidy(() => {
          const indices = tf.tensor2d(chosen, [chosen.length, 1], 'int32');
          const rows = tf.gatherND(tf.reshape(data.images, [count, -1]), indices);
          return {
            images: tf.reshape(rows, [chosen.length, height, width, channels]),
            // Not gatherND: on webgl that leaks a buffer where the input is small.
            labels: tf.gather(data.labels, tf.reshape(indices, [chosen.length])),
          };
        }) as LabeledImages;
        try {
          yield batch;
        } finally {
          tf.dispose([batch.images, batch.labels]);
        }
      }
    },
  });
}
