import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { createRandom } from '../src/random.ts';

type Operation = (...inputs: tf.Tensor[]) => tf.Tensor;

interface Options {
  /** Of the central difference. One that is linear in each input has the same at any step: default 1. */
  step?: number;
  /** Largest difference allowed, of the largest value: default 1e-4. */
  tolerance?: number;
}

/** Small integers, so that sums of few of them are exact in float32. */
export function integers(shape: number[], seed: number): tf.Tensor {
  const values = createRandom(seed).fillUniform(new Float32Array(tf.util.sizeFromShape(shape)));
  return tf.tensor(
    values.map((value) => Math.floor(9 * value) - 4),
    shape,
  );
}

/**
 * Holds the gradient of each input against central differences, and that nothing is left in memory. Disposes the inputs.
 * The gradient of the result is made of small integers.
 */
export async function expectGradient(run: Operation, inputs: tf.Tensor[], options: Options = {}): Promise<void> {
  const { step = 1, tolerance = 1e-4 } = options;
  const before = tf.memory().numTensors;
  const dy = tf.tidy(() => integers(run(...inputs).shape, 99));
  const gradients = tf.grads(run)(inputs, dy);
  for (const [i, gradient] of gradients.entries()) {
    const expected = await differences(run, inputs, i, dy, step);
    const actual = await gradient.data();
    expect(gradient.shape).toEqual(inputs[i]!.shape);
    const largest = Math.max(1, ...expected.map(Math.abs));
    const error = Math.max(0, ...expected.map((value, at) => Math.abs(value - actual[at]!)));
    expect(error / largest, `input ${i}: expected ${expected}, got ${actual}`).toBeLessThan(tolerance);
  }
  tf.dispose([gradients, dy]);
  expect(tf.memory().numTensors).toBe(before);
  tf.dispose(inputs);
}

async function differences(run: Operation, inputs: tf.Tensor[], i: number, dy: tf.Tensor, step: number) {
  const input = inputs[i]!;
  const values = await input.data();
  const projected = (at: number, by: number) => {
    const moved = Float32Array.from(values);
    moved[at]! += by;
    const y = run(...inputs.with(i, tf.tensor(moved, input.shape)));
    return tf.sum(tf.mul(y, dy));
  };
  const slopes = tf.tidy(() => {
    const each = Array.from(values, (_, at) => tf.div(tf.sub(projected(at, step), projected(at, -step)), 2 * step));
    return tf.stack(each);
  });
  const read = Array.from(await slopes.data());
  slopes.dispose();
  return read;
}
