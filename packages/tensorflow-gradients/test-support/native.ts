import { createRandom } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, beforeEach } from 'vitest';
import { registerTensorflowGradients } from '../src/index.ts';
import type { TensorflowBackend } from '../src/tensorflow-backend.ts';
import { loadNative, NATIVE_PACKAGES } from './load-native.ts';

/** Makes the native backend the current one for the tests of the file; skips them, saying why, where nobody installed it. */
export function useNative(): void {
  const reason = loadNative() ? undefined : `none of ${NATIVE_PACKAGES.join(', ')} is installed`;
  beforeAll(() => {
    if (reason === undefined) registerTensorflowGradients();
    else if (/\btensorflow\b/.test(process.env.CNNVIZ_REQUIRE ?? '')) throw new Error(reason);
  });
  beforeEach(async ({ skip }) => {
    if (reason !== undefined) skip(reason);
    else await tf.setBackend('tensorflow');
  });
}

export const native = (): TensorflowBackend => tf.findBackend('tensorflow') as TensorflowBackend;

/** Normally distributed float32 values. */
export function normal(shape: number[], seed: number): tf.Tensor {
  return tf.tensor(createRandom(seed).fillNormal(new Float32Array(tf.util.sizeFromShape(shape))), shape);
}
