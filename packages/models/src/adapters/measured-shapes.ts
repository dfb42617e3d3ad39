import type { Check } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import type { Network, Place } from '../networks/network.ts';
import type { Entrance } from './image-route.ts';

/** All values of one pass are there at once: so many bytes are sought in each. */
const bytesPerPass = 2 ** 28;

/**
 * Shapes of the values of one image, without the batch, as a black one shows them.
 *
 * @param sizes Of one image, as the entry takes it.
 * @param batchSize That the network takes.
 * @returns Undefined for what is no float32 or has no batch.
 */
export function measuredShapes(
  check: Check,
  network: Network,
  places: readonly Place[],
  { entrance, sizes, batchSize }: { entrance: Entrance; sizes: readonly number[]; batchSize: number },
): (number[] | undefined)[] {
  const { entry, fed } = entrance;
  const shapes: (number[] | undefined)[] = [];
  for (let start = 0, count = 16; start < places.length; ) {
    const some = places.slice(start, start + count);
    const run = network.route(check, [entry, ...fed.places], some);
    const bytes = tf.tidy(() => {
      const outputs = run([tf.zeros([batchSize, ...sizes]), ...fed.values], false);
      shapes.push(
        ...outputs.map(({ shape, dtype }) =>
          dtype === 'float32' && shape[0] === batchSize ? shape.slice(1) : undefined,
        ),
      );
      return 4 * outputs.reduce((sum, { size }) => sum + size, 0);
    });
    start += some.length;
    count = Math.min(1024, Math.max(1, Math.floor((some.length * bytesPerPass) / Math.max(1, bytes))));
  }
  return shapes;
}
