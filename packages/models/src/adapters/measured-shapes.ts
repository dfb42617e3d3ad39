import type { Check } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import type { Network, Place } from '../networks/network.ts';
import type { Entrance } from './entrance.ts';

/** All values of one pass are there at once: so many bytes are sought in each. */
const bytesPerPass = 2 ** 28;

/** What a black image is made of. */
export interface BlackImage {
  entrance: Entrance;
  /** Of one image, as the entry takes it. */
  sizes: readonly number[];
  /** That the network takes. */
  batchSize: number;
}

/**
 * Shapes of the values of one image, without the batch, as a black one shows them, in the order in which they are
 * computed. What TensorFlow.js cannot compute on this backend is left out, and what is no float32 or has no batch.
 */
export function measuredShapes(check: Check, network: Network, image: BlackImage): Map<Place, number[]> {
  const given = [image.entrance.entry, ...image.entrance.fed.places];
  const shapes = new Map<Place, number[]>();
  const blocked = new Set<Place>();
  let waiting = network.reachable(given);
  for (let count = 16; waiting.length > 0; ) {
    const some = waiting.slice(0, count);
    try {
      const bytes = measure(check, network, some, image, shapes);
      waiting = waiting.slice(count);
      count = Math.min(1024, Math.max(1, Math.floor((some.length * bytesPerPass) / Math.max(1, bytes))));
    } catch {
      if (some.length === 1) {
        blocked.add(some[0]!);
        const possible = new Set(network.reachable(given, blocked));
        waiting = waiting.filter((place) => possible.has(place));
      }
      count = Math.max(1, Math.floor(some.length / 2));
    }
  }
  return shapes;
}

/**
 * Measures some places in one pass.
 *
 * @returns The bytes that their values had.
 * @throws Whatever TensorFlow.js throws.
 */
export function measure(
  check: Check,
  network: Network,
  places: readonly Place[],
  { entrance: { entry, fed }, sizes, batchSize }: BlackImage,
  shapes: Map<Place, number[]>,
): number {
  const run = network.route(check, [entry, ...fed.places], places);
  return tf.tidy(() => {
    const black = tf.zeros([batchSize, ...sizes], entry.isWhole ? 'int32' : 'float32');
    const outputs = run([black, ...fed.values], false);
    for (const [index, { shape, dtype }] of outputs.entries()) {
      if (dtype === 'float32' && shape[0] === batchSize) shapes.set(places[index]!, shape.slice(1));
    }
    return 4 * outputs.reduce((sum, { size }) => sum + size, 0);
  });
}
