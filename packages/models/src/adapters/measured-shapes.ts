import type { Check } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import type { Network, Place } from '../networks/network.ts';
import type { Entrance } from './entrance.ts';

/** All values of one pass are in memory at once; each pass aims at this many bytes. */
const bytesPerPass = 2 ** 28;

/** The parts of a black image. */
export interface BlackImage {
  entrance: Entrance;
  /** The shape of one image at the entry. */
  sizes: readonly number[];
  /** The batch size that the network takes. */
  batchSize: number;
}

/**
 * Measures the shape of each place for one image, without the batch, by running a black image through the network. The order is
 * that of computation. Places that TensorFlow.js cannot compute on this backend are left out, as are values that are not float32
 * or have no batch.
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
 * @returns The size of their values in bytes.
 * @throws Any error of TensorFlow.js.
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
