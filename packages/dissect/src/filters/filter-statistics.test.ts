import { useBackend } from '@cnnviz/testing';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { type FilterStatistics, type FilterStatisticsOptions, filterStatistics } from './filter-statistics.ts';

useBackend('cpu');

/** Filters of 2x2 pixels and one channel, each written row by row. */
async function statisticsOf(filters: number[][], options?: FilterStatisticsOptions): Promise<FilterStatistics> {
  const weights = tf.tidy(() => tf.transpose(tf.tensor4d(filters.flat(), [filters.length, 2, 2, 1]), [1, 2, 3, 0]));
  const statistics = await filterStatistics(weights as Tensor4D, options);
  tf.dispose(weights);
  return statistics;
}

describe('filterStatistics', () => {
  const filters = [
    [3, 4, 0, 0],
    [0, 0, 1, 0],
    [6, 8, 0, 0.5],
    [0.001, 0, 0, 0],
    [-3, -4, 0, 0],
    [0, 0, 0, 0],
  ];

  test('gives norms and means', async () => {
    const { filters: records } = await statisticsOf(filters);
    expect(records.map(({ filter }) => filter)).toEqual([0, 1, 2, 3, 4, 5]);
    for (const [index, expected] of [5, 1, Math.sqrt(100.25), 0.001, 5, 0].entries()) {
      expect(records[index]!.norm).toBeCloseTo(expected, 6);
    }
    expect(records[0]!.mean).toBe(1.75);
    expect(records[4]!.mean).toBe(-1.75);
  });

  test('finds the dead', async () => {
    const dead = ({ filters: records }: FilterStatistics) =>
      records.filter(({ isDead }) => isDead).map(({ filter }) => filter);
    expect(dead(await statisticsOf(filters))).toEqual([3, 5]);
    expect(dead(await statisticsOf(filters, { deadShare: 0.2 }))).toEqual([1, 3, 5]);
    expect(dead(await statisticsOf(filters, { deadShare: 0 }))).toEqual([5]);
  });

  test('pairs what is nearly the same, whatever its strength, and not its negative', async () => {
    const { filters: records, duplicates } = await statisticsOf(filters);
    const cosine = 50 / (5 * Math.sqrt(100.25));
    expect(duplicates.map(({ first, second }) => [first, second])).toEqual([[0, 2]]);
    expect(duplicates[0]!.similarity).toBeCloseTo(cosine, 6);
    expect(records[0]!.nearest!.filter).toBe(2);
    expect(records[2]!.nearest!.similarity).toBeCloseTo(cosine, 6);
    expect(records[4]!.nearest).toEqual({ filter: 1, similarity: 0 });
    expect((await statisticsOf(filters, { duplicateSimilarity: 0.9999 })).duplicates).toEqual([]);
  });

  test('has nobody near where there is nobody else', async () => {
    const { filters: records, duplicates } = await statisticsOf([[1, 2, 3, 4]]);
    expect([records[0]!.nearest, duplicates]).toEqual([null, []]);
    expect(records[0]!.color).toBeNull();
  });

  test('reads height, width and channels of each filter as tfjs keeps them', async () => {
    const verticalBars = [
      [-1, 2, -1],
      [-1, 2, -1],
    ];
    const weights = tf.tidy(() => {
      const bars = tf.tensor4d(verticalBars.flat(), [2, 3, 1, 1]);
      const redAgainstGreen = tf.mul(bars, tf.tensor4d([1, -1, 0], [1, 1, 3, 1]));
      return tf.concat([redAgainstGreen, tf.tile(bars, [1, 1, 3, 1])], 3) as Tensor4D;
    });
    const { filters: records } = await filterStatistics(weights);
    tf.dispose(weights);
    expect(records.map(({ grating }) => Math.round(grating.orientation))).toEqual([90, 90]);
    expect(records[0]!.color!.selectivity).toBeCloseTo(1, 6);
    expect(records[1]!.color!.selectivity).toBeCloseTo(0, 6);
  });
});
