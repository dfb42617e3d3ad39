import type { Encoder } from '@cnnviz/actmax';
import { type ImageSet, imageBatches, selectImages } from '@cnnviz/example-support';
import * as tf from '@tensorflow/tfjs-core';

export interface HiddenUnit {
  unit: number;
  /** Its largest activation on a real image. */
  bestReal: number;
  /** Where the real images are that excite it most, the best first. */
  topImages: number[];
}

/**
 * Hidden units that tell images apart: active on 5 % to 50 % of them, spread evenly over the layer.
 *
 * @param units Images to what each unit adds up, before its ReLU.
 * @param count How many, at most.
 * @param top Real images for each.
 */
export async function chooseHiddenUnits(
  units: Encoder,
  images: ImageSet,
  { count, top }: { count: number; top: number },
): Promise<HiddenUnit[]> {
  const columns: number[][] = [];
  for (const batch of imageBatches(images, { size: 500 })) {
    const activations = tf.tidy(() => tf.transpose(units(batch.images)));
    const rows = (await activations.array()) as number[][];
    activations.dispose();
    for (const [unit, row] of rows.entries()) columns[unit] = [...(columns[unit] ?? []), ...row];
  }
  const selective = columns.flatMap((column, unit) => {
    const active = column.filter((value) => value > 0).length / column.length;
    return active >= 0.05 && active <= 0.5 ? [unit] : [];
  });
  const chosen = Array.from({ length: Math.min(count, selective.length) }, (_, i) => {
    return selective[Math.floor((i * selective.length) / count)]!;
  });
  return chosen.map((unit) => {
    const column = columns[unit]!;
    const order = Array.from(column.keys()).sort((a, b) => column[b]! - column[a]!);
    return { unit, bestReal: column[order[0]!]!, topImages: order.slice(0, top) };
  });
}

/** Some images of a set as a tensor, in [0, 1]. The caller disposes. */
export function imagesAt(set: ImageSet, indices: readonly number[]): tf.Tensor4D {
  const [batch] = [...imageBatchesKept(selectImages(set, indices), indices.length)];
  return batch!;
}

function* imageBatchesKept(set: ImageSet, size: number): Iterable<tf.Tensor4D> {
  for (const { images } of imageBatches(set, { size, bounds: [0, 1] })) yield tf.clone(images);
}
