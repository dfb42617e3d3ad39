import { conformance, describeOnBackends, tinyCnn } from '@cnnviz/testing';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type SquareAttackOptions, squareAttack } from './square-attack.ts';

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  for (const norm of ['linf', 'l2'] as const) {
    conformance({
      name: 'squareAttack',
      inputs: () => ({
        model: tinyCnn({ shape: [4, 8, 1], classes: 4 }),
        images: tf.tidy(() => tf.div(tf.reshape(tf.range(0, 64), [2, 4, 8, 1]), 63)) as Tensor4D,
        labels: tf.tensor1d([0, 1], 'int32') as Tensor1D,
      }),
      models: ['model'],
      later: ['model'],
      options: { epsilon: 0.1, bounds: [0, 1], norm, queries: 3, targeted: true, seed: 0 } as SquareAttackOptions,
      run: ({ model, images, labels }, options) => squareAttack(model, images, labels, options),
      badOptions:
        norm === 'l2'
          ? []
          : [
              [{ epsilon: -1 }, /epsilon must be a number >= 0, got -1/],
              [{ bounds: [1, 0] }, /bounds must be two finite numbers \[min, max\] with min < max, got \[1, 0\]/],
              [{ norm: 'l1' }, /norm must be one of "linf", "l2", got "l1"/],
              [{ queries: 0 }, /queries must be an integer >= 1, got 0/],
              [{ initialShare: 0 }, /initialShare must be a number > 0 and <= 1, got 0/],
              [{ scheduleLength: 0.5 }, /scheduleLength must be an integer >= 1, got 0.5/],
              [{ targeted: 1 }, /targeted must be true or false, got 1/],
            ],
      badInputs:
        norm === 'l2'
          ? []
          : [
              [() => ({ images: tf.zeros([4, 4, 1]) as never }), /images must be a float32 tensor \[n, h, w, c\], got/],
              [() => ({ images: tf.fill([2, 4, 8, 1], 2) as Tensor4D }), /images must be within \[0, 1\], got 2/],
              [() => ({ labels: tf.tensor1d([0, 4], 'int32') }), /labels must be within \[0, 3\], got 4/],
              [() => ({ model: 'lenet' as never }), /model must be a function, got "lenet"/],
            ],
      seeded: true,
      abortable: true,
      batched: { inputs: ['images', 'labels'] },
      bounds: [0, 1],
      nonFinite: /logits must be finite, got NaN or Infinity for image \d+ at step \d+/,
    });
  }
});
