import { conformance, describeOnBackends, tinyProbe } from '@cnnviz/testing';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { receptiveField } from '../receptive-field/receptive-field.ts';
import { type TopActivationGridOptions, topActivationGrid } from './top-activation-grid.ts';

const ramp = (index: number) => tf.tidy(() => tf.reshape(tf.range(index, index + 64), [8, 8, 1])) as Tensor3D;
const imageOf = (index: number) => ({ input: ramp(index), picture: tf.fill([8, 8, 3], 0.5) as Tensor3D });

const field = receptiveField([
  { size: 3, padding: 1 },
  { size: 2, stride: 2 },
  { size: 3, padding: 1 },
]);

const records = [
  { image: 3, row: 0, column: 3, activation: 9 },
  { image: 1, row: 2, column: 2, activation: 8 },
];

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  conformance({
    name: 'topActivationGrid',
    inputs: () => ({ probe: tinyProbe(), top: { perUnit: 2, images: 4, units: Array(6).fill(records) } }),
    models: ['probe'],
    later: ['probe'],
    options: { imageOf, upsampling: field, units: [0, 5], show: 'field' } as TopActivationGridOptions,
    run: ({ probe, top }, options) => topActivationGrid(probe, top, options),
    badOptions: [
      [{ imageOf: 3 }, /imageOf must be a function, got 3/],
      [{ imageOf: () => ({ input: ramp(0) }) }, /imageOf\(index\).picture must be a float32 tensor of rank 3/],
      [
        { imageOf: () => ({ input: ramp(0), picture: ramp(1) }) },
        /imageOf\(index\).picture must be a picture \[8, 8, 3\], got float32 tensor \[8, 8, 1\]/,
      ],
      [{ upsampling: 'half-pixel' }, /upsampling must be a receptive field to show fields, got "half-pixel"/],
      [{ show: 'all' }, /show must be one of "image", "field", got "all"/],
      [{ units: [6] }, /units must be an integer >= 0 and <= 5, got 6/],
      [{ perUnit: 3 }, /perUnit must be an integer >= 1 and <= 2, got 3/],
      [{ thresholds: [1] }, /thresholds must be a number for each of 6 units, got \[1\]/],
      [{ outside: 2 }, /outside must be a number >= 0 and <= 1, got 2/],
      [{ outline: [1] }, /outline must be \[r, g, b\], got \[1\]/],
      [{ scale: 0 }, /scale must be an integer >= 1, got 0/],
    ],
    badInputs: [
      [() => ({ probe: 3 as never }), /probe must be a function, got 3/],
      [() => ({ top: [] as never }), /top must be a result of topActivations, got \[\]/],
      [() => ({ top: { perUnit: 2, images: 0, units: [] } }), /top must be a result of at least one image, got 0/],
    ],
    abortable: true,
  });
});
