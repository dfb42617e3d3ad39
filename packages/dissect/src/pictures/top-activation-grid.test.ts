import { useBackend } from '@cnnviz/testing';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { topActivations } from '../tallies/top-activations.ts';
import { type TopActivationGridOptions, topActivationGrid } from './top-activation-grid.ts';

useBackend('cpu');

/** Its own channels as units. */
const identity = (images: Tensor4D) => tf.clone(images);

/** 3 images of 3x3 pixels and 1 channel, each with its largest value at another place. */
const images = [
  [1, 2, 3, 4, 5, 6, 7, 8, 9],
  [30, 2, 3, 4, 5, 6, 7, 8, 9],
  [1, 2, 3, 4, 20, 6, 7, 8, 9],
];

/** As red, of 100. */
const imageOf = (index: number) => ({
  input: tf.tensor3d(images[index]!, [3, 3, 1]),
  picture: tf.tidy(() =>
    tf.pad(
      tf.tensor3d(
        images[index]!.map((value) => value / 100),
        [3, 3, 1],
      ),
      [
        [0, 0],
        [0, 0],
        [0, 2],
      ],
    ),
  ) as Tensor3D,
});

const field = { size: [3, 3], stride: [1, 1], offset: [-1, -1], inputSize: [3, 3] } as const;

const noMask = { thresholds: [Number.POSITIVE_INFINITY], outside: 1 };

/** The red of the picture, of 100. */
async function redsOf(options: Partial<TopActivationGridOptions>): Promise<number[][]> {
  const batch = tf.tensor4d(images.flat(), [3, 3, 3, 1]);
  const top = await topActivations(identity, [batch], { perUnit: 3 });
  const picture = await topActivationGrid(identity, top, { imageOf, upsampling: field, padding: 0, ...options });
  const reds = (await picture.array()).map((row) => row.map(([red]) => Math.round(100 * red!)));
  tf.dispose([batch, picture]);
  return reds;
}

describe('topActivationGrid', () => {
  test('shows the images of a unit from the strongest on', async () => {
    expect(await redsOf(noMask)).toEqual([
      [30, 2, 3, 1, 2, 3, 1, 2, 3],
      [4, 5, 6, 4, 20, 6, 4, 5, 6],
      [7, 8, 9, 7, 8, 9, 7, 8, 9],
    ]);
    expect(await redsOf({ ...noMask, perUnit: 1, units: [0, 0] })).toEqual([
      [30, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
      [30, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
    ]);
  });

  test('shows the receptive field of the strongest position, and background beyond the image', async () => {
    expect(await redsOf({ ...noMask, show: 'field', background: 0.5 })).toEqual([
      [50, 50, 50, 1, 2, 3, 5, 6, 50],
      [50, 30, 2, 4, 20, 6, 8, 9, 50],
      [50, 4, 5, 7, 8, 9, 50, 50, 50],
    ]);
  });

  test('dims what is not above the threshold, strictly, and outlines what is', async () => {
    const outline = [1, 1, 1] as const;
    expect(await redsOf({ thresholds: [6], outside: 0, outline, perUnit: 1 })).toEqual([
      [100, 0, 0],
      [0, 0, 0],
      [100, 100, 100],
    ]);
  });

  test('masks at half of the unit’s largest activation unless told otherwise', async () => {
    expect(await redsOf({ outside: 0, outline: [1, 0, 0] })).toEqual([
      [100, 0, 0, 0, 0, 0, 0, 0, 0],
      [0, 0, 0, 0, 100, 0, 0, 0, 0],
      [0, 0, 0, 0, 0, 0, 0, 0, 0],
    ]);
  });

  test('masks a unit that is negative everywhere around its largest activation, as one that is not', async () => {
    // 2 x 2 blocks, so that what is inside the mask is not only its outline.
    const levels = [-40, -40, -12, -12, -40, -40, -12, -12, -40, -40, -40, -40, -10, -14.9, -15, -16];
    const input = () => tf.tensor3d(levels, [4, 4, 1]);
    const batch = tf.tensor4d(levels, [1, 4, 4, 1]);
    const top = await topActivations(identity, [batch]);
    expect(top.units[0]![0]).toMatchObject({ activation: -10, row: 3, column: 0 });
    const own = { size: [1, 1], stride: [1, 1], offset: [0, 0], inputSize: [4, 4] } as const;
    const picture = await topActivationGrid(identity, top, {
      imageOf: () => ({ input: input(), picture: tf.fill([4, 4, 3], 0.5) }),
      ...{ upsampling: own, padding: 0, perUnit: 1, outside: 0, outline: [1, 1, 1] },
    });
    // Above -15, which is -10 less half of its size.
    expect((await picture.array()).map((row) => row.map(([red]) => (red! > 0 ? 1 : 0)))).toEqual([
      [0, 0, 1, 1],
      [0, 0, 1, 1],
      [0, 0, 0, 0],
      [1, 1, 0, 0],
    ]);
    tf.dispose([batch, picture]);
  });

  test('refuses thresholds that are no numbers', async () => {
    await expect(redsOf({ thresholds: [Number.NaN] })).rejects.toThrow(
      'thresholds must be a number for each of 1 units',
    );
    await expect(redsOf({ thresholds: 3 as never })).rejects.toThrow('thresholds must be a number for each of 1 units');
  });

  test('lays coarse maps over the image where their positions look', async () => {
    const coarse = { size: [1, 1], stride: [2, 2], offset: [0, 0], inputSize: [3, 3] } as const;
    const firstPixels = (batch: Tensor4D) =>
      tf.stridedSlice(batch, [0, 0, 0, 0], batch.shape, [1, 2, 2, 1]) as Tensor4D;
    const batch = tf.tensor4d(images[1]!, [1, 3, 3, 1]);
    const top = await topActivations(firstPixels, [batch]);
    const options = { imageOf: () => imageOf(1), upsampling: coarse, padding: 0, perUnit: 1, outside: 0 };
    const outlined = { ...options, thresholds: [15], outline: [1, 0, 0] as const };
    const picture = await topActivationGrid(firstPixels, top, outlined);
    // Between 30 and 3, and between 30 and 7, the activation falls through 15 beyond the middle.
    expect((await picture.array()).map((row) => row.map(([red]) => Math.fround(red!)))).toEqual([
      [Math.fround(0.3), 1, 0],
      [1, 0, 0],
      [0, 0, 0],
    ]);
    tf.dispose([batch, picture]);
  });

  test('leaves images that imageOf keeps, for a second grid', async () => {
    const before = tf.memory().numTensors;
    const kept = tf.tidy(() =>
      images
        .map((_, index) => imageOf(index))
        .map(({ input, picture }) => ({
          input: tf.keep(input),
          picture: tf.keep(picture),
        })),
    );
    const keeping = { ...noMask, imageOf: (index: number) => kept[index]! };
    const first = await redsOf(keeping);
    expect(await redsOf(keeping)).toEqual(first);
    expect(first).toEqual(await redsOf(noMask));
    tf.dispose(kept.map(({ input, picture }) => [input, picture]));
    expect(tf.memory().numTensors).toBe(before);
  });
});
