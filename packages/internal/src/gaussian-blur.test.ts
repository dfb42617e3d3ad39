import { describeOnBackends } from '@cnnviz/testing';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { gaussianBlur } from './gaussian-blur.ts';

const image = [
  [0, 1, 4, 9, 16],
  [8, 2, 15, 13, 13],
  [15, 2, 8, 16, 9],
  [4, 1, 0, 1, 4],
];

/** scipy.ndimage.gaussian_filter(image, sigma), SciPy 1.x, rounded to 6 digits. */
const scipy: [sigma: number, blurred: number[][]][] = [
  [
    0.3,
    [
      [0.034423, 1.011759, 4.049621, 9.023018, 15.96174],
      [7.973146, 2.068802, 14.873904, 13.003586, 12.996164],
      [14.881326, 2.068802, 8.003586, 15.873904, 9.022767],
      [4.030543, 1.011759, 0.038363, 1.064966, 4.00782],
    ],
  ],
  [
    1,
    [
      [2.978652, 3.957409, 6.91001, 10.48927, 12.954342],
      [5.625474, 5.680062, 8.063151, 10.786511, 11.992007],
      [6.829021, 5.699525, 6.808281, 8.686936, 9.211513],
      [5.408435, 3.908501, 3.915956, 5.183411, 5.911533],
    ],
  ],
  // The kernel is wider than the image: reflected more than once.
  [
    2.5,
    [
      [6.216202, 6.622757, 7.292107, 7.975341, 8.404518],
      [6.165641, 6.535523, 7.145944, 7.770754, 8.164067],
      [6.090061, 6.408154, 6.935365, 7.477688, 7.820373],
      [6.033777, 6.3153, 6.783763, 7.267857, 7.574807],
    ],
  ],
];

describeOnBackends(['cpu', 'wasm'], () => {
  test.each(scipy)(
    "equals scipy's filter at sigma %d, in each image and channel by itself",
    async (sigma, expected) => {
      const blurred = tf.tidy(() => {
        const first = tf.tensor(image);
        const channels = tf.stack([first, tf.mul(first, -2)], 2);
        return gaussianBlur(tf.stack([channels, tf.add(channels, 100)]) as Tensor4D, sigma);
      });
      const values = await blurred.array();
      blurred.dispose();
      for (const [y, row] of expected.entries()) {
        for (const [x, value] of row.entries()) {
          expect(values[0]![y]![x]![0]).toBeCloseTo(value, 4);
          expect(values[0]![y]![x]![1]).toBeCloseTo(-2 * value, 4);
          expect(values[1]![y]![x]![0]).toBeCloseTo(value + 100, 3);
        }
      }
    },
  );
});
