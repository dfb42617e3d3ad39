import { conformance, describeOnBackends, tinyProbe } from '@cnnviz/testing';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { randomRotation } from './random-rotation.ts';
import { rotateUnits } from './rotate-units.ts';

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  conformance({
    name: 'rotateUnits',
    inputs: () => ({
      probe: tinyProbe(),
      images: tf.tidy(() => tf.div(tf.reshape(tf.range(0, 192), [3, 8, 8, 1]), 192)) as Tensor4D,
      rotation: randomRotation({ units: 6, seed: 0, amount: 0.5 }),
    }),
    models: ['probe'],
    later: ['probe'],
    options: {},
    run: ({ probe, images, rotation }) => rotateUnits(probe, rotation)(images),
    badOptions: [],
    badInputs: [
      [() => ({ probe: 'conv1' as never }), /probe must be a function, got "conv1"/],
      [() => ({ rotation: 0.5 as never }), /rotation must be a result of randomRotation, got 0.5/],
      [
        () => ({ rotation: randomRotation({ units: 5, seed: 0 }) }),
        /probe must be one of 5 units, got float32 tensor \[3, 4, 4, 6\]/,
      ],
    ],
    sync: true,
    batched: { inputs: ['images'] },
  });
});
