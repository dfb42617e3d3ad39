import { createRandom } from '@cnnviz/internal';
import { conformance, describeOnBackends } from '@cnnviz/testing';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type FilterGridOptions, filterGrid } from './filter-grid.ts';

function randomFilters(...shape: [number, number, number, number]): Tensor4D {
  return tf.tensor4d(createRandom(0).fillNormal(new Float32Array(tf.util.sizeFromShape(shape))), shape);
}

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  conformance({
    name: 'filterGrid',
    inputs: () => ({ filters: randomFilters(3, 3, 3, 5) }),
    options: { scale: 2 } as FilterGridOptions,
    run: ({ filters }, options) => filterGrid(filters, options),
    badOptions: [
      [{ normalization: 'none' }, /normalization must be one of "global", "each", "zero-centered", got "none"/],
      [{ tiles: 'rgb' }, /tiles must be one of "color", "channels", got "rgb"/],
      [{ maxFilters: 0 }, /maxFilters must be an integer >= 1, got 0/],
      [{ columns: 1.5 }, /columns must be an integer >= 1, got 1.5/],
      [{ rows: 1 }, /rows must be an integer >= 2, got 1/],
      [{ padding: -1 }, /padding must be an integer >= 0, got -1/],
      [{ border: 'inside' }, /border must be one of "none", "around", "after", got "inside"/],
      [{ background: 2 }, /background must be a number >= 0 and <= 1, got 2/],
      [{ background: [0, 0] }, /background must be a gray level or \[r, g, b\], got \[0, 0\]/],
      [{ scale: 0 }, /scale must be an integer >= 1, got 0/],
    ],
    badInputs: [
      [() => ({ filters: tf.zeros([3, 3, 3]) as never }), /filters must be a float32 tensor of rank 4, got/],
      [() => ({ filters: tf.zeros([3, 3, 3, 5], 'int32') as never }), /filters must be a float32 tensor of rank 4/],
      [() => ({ filters: tf.zeros([3, 3, 3, 0]) as Tensor4D }), /filters must be weights \[h, w, in, out\]/],
      [() => ({ filters: [1] as never }), /filters must be a float32 tensor of rank 4, got \[1\]/],
    ],
    sync: true,
  });

  conformance({
    name: 'filterGrid',
    inputs: () => ({ filters: randomFilters(3, 3, 4, 5) }),
    options: { normalization: 'each', maxChannels: 3 } as FilterGridOptions,
    run: ({ filters }, options) => filterGrid(filters, options),
    badOptions: [
      [{ tiles: 'color' }, /tiles must be "channels" for filters of neither 1 nor 3 input channels, got "color"/],
      [{ maxChannels: 0 }, /maxChannels must be an integer >= 1, got 0/],
    ],
    sync: true,
  });
});
