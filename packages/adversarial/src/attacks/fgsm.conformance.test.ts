import { conformance, describeOnBackends, tinyCnn } from '@cnnviz/testing';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type FgsmOptions, fgsm } from './fgsm.ts';

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  for (const norm of ['linf', 'l2', 'l1'] as const) {
    conformance({
      name: 'fgsm',
      inputs: () => ({
        model: tinyCnn(),
        images: tf.tidy(() => tf.div(tf.reshape(tf.range(0, 192), [3, 8, 8, 1]), 191)) as Tensor4D,
        labels: tf.tensor1d([0, 1, 2], 'int32') as Tensor1D,
      }),
      models: ['model'],
      options: { epsilon: 0.1, bounds: [0, 1], norm } as FgsmOptions,
      run: ({ model, images, labels }, options) => fgsm(model, images, labels, options),
      badOptions: [
        [{ epsilon: -1 }, /epsilon must be a number >= 0, got -1/],
        [{ epsilon: Number.NaN }, /epsilon must be a number >= 0, got NaN/],
        [{ epsilon: '0.1' }, /epsilon must be a number >= 0, got "0.1"/],
        [{ epsilon: undefined }, /epsilon must be a number >= 0, got undefined/],
        [{ bounds: [1, 0] }, /bounds must be two finite numbers \[min, max\] with min < max, got \[1, 0\]/],
        [{ bounds: undefined }, /bounds must be two finite numbers \[min, max\] with min < max, got undefined/],
        [{ norm: 'l3' }, /norm must be one of "linf", "l2", "l1", got "l3"/],
        [{ targeted: 1 }, /targeted must be true or false, got 1/],
        [{ l1Step: 'sort' }, /l1Step must be one of "gradient", "coordinate", got "sort"/],
      ],
      badInputs: [
        [() => ({ images: tf.zeros([8, 8, 1]) as never }), /images must be a float32 tensor \[n, h, w, c\], got/],
        [() => ({ images: tf.zeros([3, 8, 8, 1], 'int32') as never }), /images must be a float32 tensor/],
        [() => ({ labels: tf.tensor1d([0, 1], 'int32') }), /labels must be an int32 tensor \[3\], got/],
        [() => ({ labels: tf.tensor1d([0, 1, 2]) }), /labels must be an int32 tensor \[3\], got/],
        [() => ({ model: 'lenet' as never }), /model must be a function, got "lenet"/],
        [
          () => ({ model: (images: Tensor4D) => tf.sum(images, [1, 2]) as Tensor2D }),
          /model must be a function from images to logits \[3, 2 or more\], got float32 tensor \[3, 1\]/,
        ],
        [
          () => ({ model: (images: Tensor4D) => images as never }),
          /model must be a function from images to logits \[3, 2 or more\], got float32 tensor \[3, 8, 8, 1\]/,
        ],
      ],
      sync: true,
      batched: { inputs: ['images', 'labels'] },
      bounds: [0, 1],
    });
  }
});
