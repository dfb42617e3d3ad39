import { useBackend } from '@cnnviz/testing';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { type ActivationGridOptions, activationGrid } from './activation-grid.ts';

useBackend('cpu');

/** Its own channels, so that the picture can be written down. */
const identity = (images: Tensor4D) => tf.clone(images);

/** Units by row, column and unit: 2x3 pixels, units 0 to 2. */
const image = [
  [
    [0, 0, 5],
    [1, -4, 5],
    [2, 0, 5],
  ],
  [
    [3, 0, 5],
    [4, 0, 5],
    [5, 8, 5],
  ],
];

async function graysOf(options: ActivationGridOptions): Promise<number[][]> {
  const tensor: Tensor3D = tf.tensor3d(image);
  const picture = activationGrid(identity, tensor, options);
  const pixels = await picture.array();
  tf.dispose([tensor, picture]);
  for (const [r, g, b] of pixels.flat()) expect([g, b]).toEqual([r, r]);
  return pixels.map((row) => row.map(([gray]) => Number(gray!.toFixed(4))));
}

describe('activationGrid', () => {
  test('shows a tile for each unit, rows as rows and columns as columns, over the range of all', async () => {
    const at = (value: number) => Number(((value + 4) / 12).toFixed(4));
    expect(await graysOf({ columns: 3, padding: 0 })).toEqual([
      [0, 1, 2, 0, -4, 0, 5, 5, 5].map(at),
      [3, 4, 5, 0, 0, 8, 5, 5, 5].map(at),
    ]);
  });

  test('each: shows a weak unit over its own range, and a constant one in mid gray', async () => {
    expect(await graysOf({ columns: 2, padding: 0, normalization: 'each', units: [0, 2] })).toEqual([
      [0, 0.2, 0.4, 0.5, 0.5, 0.5],
      [0.6, 0.8, 1, 0.5, 0.5, 0.5],
    ]);
  });

  test('zero-centered: makes no activation mid gray, whatever is shown', async () => {
    expect(await graysOf({ padding: 0, normalization: 'zero-centered', units: [1] })).toEqual([
      [0.5, 0.25, 0.5],
      [0.5, 0.5, 1],
    ]);
  });

  test('pads, fills and enlarges as filterGrid does', async () => {
    const grays = await graysOf({ units: [1], normalization: 'each', padding: 1, background: 0.25, scale: 2 });
    expect([grays.length, grays[0]!.length]).toEqual([8, 10]);
    expect(grays[0]).toEqual(Array(10).fill(0.25));
    expect(grays[2]!.slice(2, 8)).toEqual([0.3333, 0.3333, 0, 0, 0.3333, 0.3333]);
    expect(grays[3]).toEqual(grays[2]);
  });
});
