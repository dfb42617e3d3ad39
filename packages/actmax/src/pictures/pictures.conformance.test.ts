import { conformance, describeOnBackends } from '@cnnviz/testing';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { filmStrip, methodsGrid, type TiledBatchesOptions } from '../index.ts';

const images = (count: number, start = 0) =>
  tf.tidy(() => tf.abs(tf.sin(tf.reshape(tf.range(start, start + 12 * count), [count, 2, 2, 3])))) as Tensor4D;

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl'], () => {
  for (const [name, pictureOf, argument] of [
    ['filmStrip', filmStrip, 'frames'],
    ['methodsGrid', methodsGrid, 'methods'],
  ] as const) {
    conformance({
      name,
      inputs: () => ({ first: images(2), second: images(2, 5) }),
      options: { bounds: [0, 1] } as TiledBatchesOptions,
      run: ({ first, second }, options) => pictureOf([first, second], options),
      badOptions: [
        [{ bounds: [1, 0] }, /bounds must be/],
        [{ padding: -1 }, /padding must be an integer >= 0, got -1/],
        [{ padding: 0.5 }, /padding must be an integer >= 0, got 0.5/],
      ],
      badInputs: [
        [() => ({ first: tf.zeros([2, 4]) as never }), new RegExp(`${argument}\\[0\\] must be a float32 tensor`)],
        [
          () => ({ second: images(1) }),
          new RegExp(`${argument}\\[1\\] must be of the shape of the first, \\[2,2,2,3\\]`),
        ],
        [() => ({ first: tf.zeros([2, 2, 2, 2]) as Tensor4D }), /must be images \[n, h, w, 1 or 3\] with n >= 1/],
      ],
      sync: true,
    });
  }
});
