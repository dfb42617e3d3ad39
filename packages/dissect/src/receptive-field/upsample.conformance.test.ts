import { conformance, describeOnBackends } from '@cnnviz/testing';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type UpsampleOptions, type Upsampling, upsample } from './upsample.ts';

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  conformance({
    name: 'upsample',
    inputs: () => ({
      maps: tf.tidy(() => tf.sin(tf.reshape(tf.range(0, 48), [2, 3, 4, 2]))) as Tensor4D,
    }),
    options: { size: [5, 7], upsampling: 'half-pixel' } as UpsampleOptions & { upsampling: Upsampling },
    run: ({ maps }, { upsampling, ...options }) => upsample(maps, upsampling, options),
    badOptions: [
      [{ size: [0, 7] }, /size must be 2 whole sizes >= 1, got \[0, 7\]/],
      [{ imageSize: 7 }, /imageSize must be whole sizes|imageSize must be 2 whole sizes >= 1, got 7/],
      [
        { upsampling: 'nearest' },
        /upsampling must be a ReceptiveField, 'half-pixel' or 'align-corners', got "nearest"/,
      ],
    ],
    badInputs: [[() => ({ maps: 3 as never }), /maps must be a float32 tensor \[n, h, w, c\], got 3/]],
    sync: true,
    batched: { inputs: ['maps'], tolerance: 1e-6 },
  });
});
