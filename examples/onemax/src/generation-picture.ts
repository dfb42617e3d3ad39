import { type PictureCell, pngPicture } from '@cnnviz/example-support';
import * as tf from '@tensorflow/tfjs-core';
import type { OneMaxGeneration } from './one-max.ts';

const ENLARGED = 4;

/** A generation as one picture: a string is a row, the fittest first; a one is white. */
export async function generationPicture(
  { strings, best, mean }: OneMaxGeneration,
  { id, index }: { id: string; index: number },
): Promise<PictureCell> {
  const rows = strings.toSorted((a, b) => b.fitness - a.fitness).map(({ bits }) => Array.from(bits, Number));
  const picture = tf.tensor3d(rows.flat(), [rows.length, rows[0]!.length, 1]);
  const alt = `Generation ${index}: ${rows.length} strings, the best with ${best} ones, the mean with ${mean.toFixed(1)}`;
  try {
    return {
      picture: await pngPicture(picture, { name: `${id}-generation-${index}`, alt, factor: ENLARGED }),
      label: `generation ${index}`,
      note: `best ${best}, mean ${mean.toFixed(1)}`,
    };
  } finally {
    picture.dispose();
  }
}
