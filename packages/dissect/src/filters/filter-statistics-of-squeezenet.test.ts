import { readFile } from 'node:fs/promises';
import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { filterStatistics } from './filter-statistics.ts';

useBackend('cpu');

const data = process.env.CNNVIZ_DATA;

test.skipIf(!data)(
  'filterStatistics tells SqueezeNet’s first filters apart as one sees them (needs CNNVIZ_DATA)',
  async () => {
    const file = await readFile(`${data}/models/squeezenet1.0-imagenet/weights.bin`);
    // The kernel of conv1 comes first.
    const [height, width, channels, count] = [7, 7, 3, 96] as const;
    const weights = new Float32Array(
      file.buffer.slice(file.byteOffset, file.byteOffset + 4 * height * width * channels * count),
    );
    const filters = tf.tensor4d(weights, [height, width, channels, count]);
    const { filters: records, duplicates } = await filterStatistics(filters);
    tf.dispose(filters);

    expect([records.some(({ isDead }) => isDead), duplicates]).toEqual([false, []]);
    const orientationOf = (filter: number) => Math.round(records[filter]!.grating.orientation / 15) * 15;
    // Upright bars, lying bars, bars that rise to the right, bars that lean to the left.
    expect([38, 29, 56, 83, 10, 90, 51].map(orientationOf)).toEqual([90, 90, 0, 0, 30, 30, 105]);
    for (const filter of [38, 29, 56, 83, 10, 90, 51]) {
      expect(records[filter]!.grating.selectivity).toBeGreaterThan(0.7);
      expect(records[filter]!.color!.selectivity).toBeLessThan(0.5);
    }
    // A red spot, a purple one, orange against blue.
    for (const filter of [66, 24, 86]) expect(records[filter]!.color!.selectivity).toBeGreaterThan(0.9);
    const strongestOf = (filter: number) => records[filter]!.color!.axis.map((part) => part > 0);
    expect(strongestOf(66)).toEqual([true, false, false]);
    expect(strongestOf(86)).toEqual([true, false, false]);
  },
);
