import { conformance, describeOnBackends } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { dropout, spatialDropout } from '../index.ts';

const badOptions = [
  [{ rate: 1.5 }, /rate must be a number >= 0 and <= 1, got 1.5/],
  [{ rate: -0.1 }, /rate must be a number >= 0 and <= 1, got -0.1/],
  [{ training: undefined }, /training must be true or false, got undefined/],
] as const;

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  conformance({
    name: 'dropout',
    inputs: () => ({ input: tf.ones([3, 40]) }),
    options: { rate: 0.5, seed: 0, training: true, noiseShape: [3, 40] },
    run: ({ input }, options) => dropout(input, options),
    badOptions: [
      ...badOptions,
      [{ noiseShape: [3, 2] }, /noiseShape must be sizes of \[3, 40\] or 1, got \[3, 2\]/],
      [{ noiseShape: [40] }, /noiseShape must be sizes of \[3, 40\] or 1, got \[40\]/],
    ],
    badInputs: [[() => ({ input: [1] as never }), /input must be a float32 tensor, got \[1\]/]],
    sync: true,
    seeded: true,
  });
  conformance({
    name: 'dropout',
    inputs: () => ({ input: tf.ones([3, 4]) }),
    options: { rate: 0.5, seed: 0, training: false },
    run: ({ input }, options) => dropout(input, options),
    badOptions,
    sync: true,
    seeded: 'without effect',
    batched: { inputs: ['input'] },
  });
  conformance({
    name: 'spatialDropout',
    inputs: () => ({ input: tf.ones([5, 2, 2, 6]) as tf.Tensor4D }),
    options: { rate: 0.5, seed: 0, training: true },
    run: ({ input }, options) => spatialDropout(input, options),
    badOptions,
    badInputs: [[() => ({ input: tf.ones([3]) as never }), /input must be a float32 tensor \[n, h, w, c\], got/]],
    sync: true,
    seeded: true,
  });
});
