import { createRandom } from '@cnnviz/internal';
import { conformance, describeOnBackends } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { type FilterStatisticsOptions, filterStatistics } from './filter-statistics.ts';

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  conformance({
    name: 'filterStatistics',
    inputs: () => ({ filters: tf.tensor4d(createRandom(0).fillNormal(new Float32Array(135)), [3, 3, 3, 5]) }),
    options: {} as FilterStatisticsOptions,
    run: ({ filters }, options) => filterStatistics(filters, options),
    badOptions: [
      [{ deadShare: -1 }, /deadShare must be a number >= 0 and <= 1, got -1/],
      [{ duplicateSimilarity: '1' }, /duplicateSimilarity must be a number >= -1 and <= 1, got "1"/],
    ],
    badInputs: [
      [() => ({ filters: tf.zeros([3, 3, 3]) as never }), /filters must be a float32 tensor of rank 4, got/],
      [() => ({ filters: tf.zeros([3, 3, 3, 0]) as never }), /filters must be weights \[h, w, in, out\]/],
      [() => ({ filters: tf.fill([1, 1, 1, 2], Number.NaN) as never }), /filters must be finite, got NaN/],
    ],
  });
});
