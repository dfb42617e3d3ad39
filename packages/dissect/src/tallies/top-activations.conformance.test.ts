import { conformance, describeOnBackends, tinyProbe } from '@cnnviz/testing';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type TopActivationsOptions, topActivations } from './top-activations.ts';

const ramp = (from: number) => tf.tidy(() => tf.reshape(tf.range(from, from + 128), [2, 8, 8, 1])) as Tensor4D;

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  conformance({
    name: 'topActivations',
    inputs: () => ({ probe: tinyProbe(), batches: [ramp(0), ramp(100)] }),
    models: ['probe'],
    later: ['probe'],
    options: { perUnit: 2 } as TopActivationsOptions,
    run: ({ probe, batches }, options) => topActivations(probe, batches, options),
    badOptions: [
      [{ perUnit: 0 }, /perUnit must be an integer >= 1, got 0/],
      [{ firstImage: -1 }, /firstImage must be an integer >= 0, got -1/],
      [
        { resume: { kind: 'TopActivationsTally', version: 1, perUnit: 3, images: 0, units: [] } },
        /resume must be a state with 2 images per unit, got 3/,
      ],
      [{ resume: 'x' }, /resume must be an object, got "x"/],
      [
        { resume: {} },
        /cannot resume from this state: it is of no known kind; expected TopActivationsTally, version 1/,
      ],
      [{ count: -1 }, /count must be an integer >= 0, got -1/],
    ],
    badInputs: [
      [() => ({ probe: 'conv1' as never }), /probe must be a function, got "conv1"/],
      [() => ({ batches: 3 as never }), /batches must be batches of images, one after the other, got 3/],
      [() => ({ batches: [tf.zeros([8, 8, 1]) as never] }), /batches must be a float32 tensor \[n, h, w, c\]/],
      [
        () => ({ probe: ((images: Tensor4D) => tf.sum(images, 3)) as never }),
        /probe must be a function to float32 activations \[n, h, w, units\], got float32 tensor \[2, 8, 8\]/,
      ],
    ],
    abortable: true,
    nonFinite: /activations must be finite, got NaN from unit 0 on image 0/,
  });
});
