import { conformance, describeOnBackends, tinyProbe } from '@cnnviz/testing';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type ActivationGridOptions, activationGrid } from './activation-grid.ts';

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  conformance({
    name: 'activationGrid',
    inputs: () => ({ probe: tinyProbe(), image: tf.tidy(() => tf.reshape(tf.range(0, 64), [8, 8, 1])) as Tensor3D }),
    models: ['probe'],
    later: ['probe'],
    options: { scale: 2, units: [5, 0, 3] } as ActivationGridOptions,
    run: ({ probe, image }, options) => activationGrid(probe, image, options),
    badOptions: [
      [{ normalization: 'none' }, /normalization must be one of "global", "each", "zero-centered", got "none"/],
      [{ units: [6] }, /units must be an integer >= 0 and <= 5, got 6/],
      [{ units: [] }, /units must be a list of units, got \[\]/],
      [{ columns: 0 }, /columns must be an integer >= 1, got 0/],
      [{ padding: 0.5 }, /padding must be an integer >= 0, got 0.5/],
      [{ scale: 0 }, /scale must be an integer >= 1, got 0/],
    ],
    badInputs: [
      [() => ({ image: tf.zeros([1, 8, 8, 1]) as never }), /image must be a float32 tensor of rank 3, got/],
      [() => ({ probe: 'conv1' as never }), /probe must be a function, got "conv1"/],
      [
        () => ({ probe: (images: Tensor4D) => tf.tile(images, [2, 1, 1, 1]) }),
        /probe must be a function to float32 activations \[1, h, w, units\] of one image, got float32 tensor \[2, 8, 8, 1\]/,
      ],
    ],
    sync: true,
  });
});
