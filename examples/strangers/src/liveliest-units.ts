import * as tf from '@tensorflow/tfjs-core';
import type { Subject } from './subject.ts';

/** The units of the layer whose activations on the photographs vary most: one that is silent shows nothing. */
export async function liveliestUnits(
  { network, layer, photographs }: Pick<Subject, 'network' | 'layer' | 'photographs'>,
  count: number,
): Promise<number[]> {
  const best = tf.tidy(() => {
    const maps = network.probe(layer)(photographs);
    return tf.topk(tf.moments(maps, [0, 1, 2]).variance, Math.min(count, maps.shape[3])).indices;
  });
  const units = [...(await best.data())];
  best.dispose();
  return units;
}
