import { createRandom } from '@cnnviz/internal';
import { useBackend } from '@cnnviz/testing';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { type FilterGridOptions, filterGrid } from './filter-grid.ts';

useBackend('cpu');

type Pixels = number[][][];
/** Weights by filter, row, column and input channel. */
type Filters = number[][][][];

async function gridOf(filters: Filters, options?: FilterGridOptions): Promise<Pixels> {
  const weights = tf.tidy(() => tf.transpose(tf.tensor4d(filters), [1, 2, 3, 0]) as Tensor4D);
  const picture = filterGrid(weights, options);
  const pixels = (await picture.array()) as Pixels;
  tf.dispose([weights, picture]);
  return pixels;
}

function randomFilters(count: number, size: number, channels: number): Filters {
  const random = createRandom(5);
  const numbers = (length: number) => Array.from({ length }, () => Math.fround(random.normal()));
  return Array.from({ length: count }, () =>
    Array.from({ length: size }, () => Array.from({ length: size }, () => numbers(channels))),
  );
}

/** (w - min) / (max - min) over all filters, in float64. */
function globally(filters: Filters): Filters {
  const all = filters.flat(3);
  const min = all.reduce((least, weight) => Math.min(least, weight));
  const max = all.reduce((most, weight) => Math.max(most, weight));
  return filters.map((filter) => filter.map((row) => row.map((pixel) => pixel.map((w) => (w - min) / (max - min)))));
}

function expectSamePixels(actual: Pixels, expected: Pixels): void {
  expect([actual.length, actual[0]!.length]).toEqual([expected.length, expected[0]!.length]);
  let furthest = 0;
  for (const [y, row] of expected.entries()) {
    for (const [x, pixel] of row.entries()) {
      for (const [c, value] of pixel.entries()) furthest = Math.max(furthest, Math.abs(actual[y]![x]![c]! - value));
    }
  }
  expect(furthest).toBeLessThan(1e-6);
}

const canvas = (height: number, width: number, level: number): Pixels =>
  Array.from({ length: height }, () => Array.from({ length: width }, () => [level, level, level]));

describe('filterGrid', () => {
  test('lays 96 filters of 11x11x3 out as torchvision does: 132x132', async () => {
    const filters = randomFilters(96, 11, 3);
    const expected = canvas(132, 132, 0);
    for (const [index, tile] of globally(filters).entries()) {
      const top = 2 + 13 * Math.floor(index / 10);
      const left = 2 + 13 * (index % 10);
      for (let y = 0; y < 11; y++) for (let x = 0; x < 11; x++) expected[top + y]![left + x] = tile[y]![x]!;
    }
    expectSamePixels(await gridOf(filters, { columns: 10, padding: 2, border: 'around', background: 0 }), expected);
  });

  test('lays 96 filters of 11x11x3 out as Caffe does: 120x120', async () => {
    const filters = randomFilters(96, 11, 3);
    const expected = canvas(120, 120, 1);
    for (const [index, tile] of globally(filters).entries()) {
      const top = 12 * Math.floor(index / 10);
      const left = 12 * (index % 10);
      for (let y = 0; y < 11; y++) for (let x = 0; x < 11; x++) expected[top + y]![left + x] = tile[y]![x]!;
    }
    expectSamePixels(await gridOf(filters, { padding: 1, border: 'after', rows: 10 }), expected);
  });

  test('keeps Caffe’s square where a row of tiles is missing', async () => {
    const picture = await gridOf(randomFilters(6, 2, 3), { padding: 1, border: 'after', rows: 3 });
    expect([picture.length, picture[0]!.length]).toEqual([9, 9]);
    expect(picture.slice(6).flat(2)).toEqual(Array(81).fill(1));
  });

  test('shows red, green and blue weights as red, green and blue', async () => {
    const filters = [[[[1, 0, 0]]], [[[0, 1, 0]]], [[[0, 0, 1]]]];
    expect(await gridOf(filters, { padding: 0, columns: 3 })).toEqual([
      [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ],
    ]);
  });

  test('shows rows as rows and columns as columns, in gray for one input channel', async () => {
    const filters = [
      [
        [[0], [0.25], [0.5]],
        [[0.75], [1], [0]],
      ],
    ];
    const gray = (level: number) => [level, level, level];
    expect(await gridOf(filters, { padding: 0 })).toEqual([
      [gray(0), gray(0.25), gray(0.5)],
      [gray(0.75), gray(1), gray(0)],
    ]);
  });

  test('shows deeper layers as a row of input channels for each filter', async () => {
    const filters = [[[[0, 1, 2, 3, 4]]], [[[5, 6, 7, 8, 10]]]];
    const red = (picture: Pixels) => picture.map((row) => row.map(([value]) => Math.round(10 * value!)));
    expect(red(await gridOf(filters, { padding: 0 }))).toEqual([
      [0, 1, 2, 3, 4],
      [5, 6, 7, 8, 10],
    ]);
    expect(red(await gridOf(filters, { padding: 0, maxFilters: 1, maxChannels: 3 }))).toEqual([[0, 1, 2]]);
  });

  test('limits deeper layers to 32 x 32 tiles unless told otherwise', async () => {
    const filters = randomFilters(40, 1, 48);
    const limited = await gridOf(filters, { padding: 0 });
    expect([limited.length, limited[0]!.length]).toEqual([32, 32]);
    const whole = await gridOf(filters, { padding: 0, maxFilters: 100, maxChannels: 100 });
    expect([whole.length, whole[0]!.length]).toEqual([40, 48]);
  });

  test('splits the colors of a first layer into channels if asked to', async () => {
    const filters = [[[[1, 0, 0.5]]]];
    expect(await gridOf(filters, { tiles: 'channels', padding: 0 })).toEqual([
      [
        [1, 1, 1],
        [0, 0, 0],
        [0.5, 0.5, 0.5],
      ],
    ]);
  });

  const weakAndStrong = [[[[-1], [1]]], [[[-8], [4]]]];
  const firstOf = (picture: Pixels) => picture.map((row) => row.map(([value]) => value));

  test('global: keeps the strength of filters comparable', async () => {
    const [row] = firstOf(await gridOf(weakAndStrong, { padding: 0, columns: 2 }));
    for (const [index, expected] of [7 / 12, 9 / 12, 0, 1].entries()) expect(row![index]).toBeCloseTo(expected, 6);
  });

  test('each: gives every filter the whole range', async () => {
    expect(firstOf(await gridOf(weakAndStrong, { padding: 0, columns: 2, normalization: 'each' }))).toEqual([
      [0, 1, 0, 1],
    ]);
  });

  test('zero-centered: makes zero mid gray', async () => {
    const [row] = firstOf(await gridOf(weakAndStrong, { padding: 0, columns: 2, normalization: 'zero-centered' }));
    expect(row).toEqual([0.5 - 1 / 16, 0.5 + 1 / 16, 0, 0.75]);
  });

  test('shows a constant filter in mid gray', async () => {
    const constantAndNot = [[[[3], [3]]], [[[0], [1]]]];
    expect(firstOf(await gridOf(constantAndNot, { padding: 0, columns: 2, normalization: 'each' }))).toEqual([
      [0.5, 0.5, 0, 1],
    ]);
    for (const normalization of ['global', 'each', 'zero-centered'] as const) {
      expect(firstOf(await gridOf([[[[0], [0]]]], { padding: 0, normalization }))).toEqual([[0.5, 0.5]]);
    }
  });

  test('shows weights that are not finite in mid gray, and the others as without them', async () => {
    const [damaged, whole] = [randomFilters(5, 3, 3), randomFilters(5, 3, 3)];
    damaged[1]![2]![0]![1] = Number.NaN;
    damaged[1]![2]![1]![1] = Number.NEGATIVE_INFINITY;
    damaged[3] = damaged[3]!.map((row) => row.map((pixel) => pixel.map(() => Number.NaN)));
    for (const normalization of ['global', 'each', 'zero-centered'] as const) {
      const options = { normalization, columns: 5, padding: 0 };
      const [picture, reference] = [await gridOf(damaged, options), await gridOf(whole, options)];
      for (const [row, pixels] of picture.entries()) {
        for (const [column, pixel] of pixels.entries()) {
          const filter = Math.floor(column / 3);
          for (const [channel, level] of pixel.entries()) {
            expect(level).toBeGreaterThanOrEqual(0);
            expect(level).toBeLessThanOrEqual(1);
            const isWhole = Number.isFinite(damaged[filter]![row]![column % 3]![channel]);
            if (!isWhole) expect(level).toBe(0.5);
            // The range of filter 1, and of all, may have been that of a weight that is gone.
            else if (normalization === 'each' && filter !== 1) expect(level).toBe(reference[row]![column]![channel]);
          }
        }
      }
    }
  });

  test('enlarges by whole factors without blending', async () => {
    const filters = [[[[0], [1]]]];
    expect(firstOf(await gridOf(filters, { padding: 0, scale: 2 }))).toEqual([
      [0, 0, 1, 1],
      [0, 0, 1, 1],
    ]);
    const padded = await gridOf(filters, { padding: 1, background: 0.5, scale: 3 });
    expect([padded.length, padded[0]!.length]).toEqual([9, 12]);
  });

  test('paints the padding in the color asked for', async () => {
    const picture = await gridOf([[[[0], [1]]]], { padding: 1, background: [1, 0, 0.5] });
    expect(picture[0]![0]).toEqual([1, 0, 0.5]);
  });
});
