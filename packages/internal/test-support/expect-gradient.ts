import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { createRandom } from '../src/random.ts';

type Operation = (...inputs: tf.Tensor[]) => tf.Tensor;

interface Options {
  /** Step of the central differences. An operation that is linear in each input has the same at any step. Default: 1. */
  step?: number;
  /** Largest allowed error, relative to the largest value. Default: 1e-4. */
  tolerance?: number;
}

/** Small integers, so that sums of a few of them are exact in float32. */
export function integers(shape: number[], seed: number): tf.Tensor {
  const values = createRandom(seed).fillUniform(new Float32Array(tf.util.sizeFromShape(shape)));
  return tf.tensor(
    values.map((value) => Math.floor(9 * value) - 4),
    shape,
  );
}

/** How many values of an input are moved where software does the work of a GPU, which takes most of a second for each. */
const movedOnShaders = 16;

/**
 * Checks the gradient of each input against central differences, and that no tensor is left. Disposes the inputs.
 * The gradient of the result consists of small integers. On backends that run shaders, some values of each input are moved;
 * on all others, every one.
 */
export async function expectGradient(run: Operation, inputs: tf.Tensor[], options: Options = {}): Promise<void> {
  const { step = 1, tolerance = 1e-4 } = options;
  const before = tf.memory().numTensors;
  const dy = tf.tidy(() => integers(run(...inputs).shape, 99));
  const gradients = tf.grads(run)(inputs, dy);
  for (const [i, gradient] of gradients.entries()) {
    const places = placesToMove(gradient.size);
    const expected = await differences(run, inputs, i, { dy, step, places });
    const values = await gradient.data();
    const actual = places.map((at) => values[at]!);
    expect(gradient.shape).toEqual(inputs[i]!.shape);
    const largest = Math.max(1, ...expected.map(Math.abs));
    const error = Math.max(0, ...expected.map((value, at) => Math.abs(value - actual[at]!)));
    expect(error / largest, `input ${i}: expected ${expected}, got ${actual}`).toBeLessThan(tolerance);
  }
  tf.dispose([gradients, dy]);
  expect(tf.memory().numTensors).toBe(before);
  tf.dispose(inputs);
}

/** Central differences of the sum of dy times the result, in double precision on the host: two runs for each value. */
async function differences(
  run: Operation,
  inputs: tf.Tensor[],
  i: number,
  { dy, step, places }: { dy: tf.Tensor; step: number; places: readonly number[] },
) {
  const input = inputs[i]!;
  const [values, weights] = [await input.data(), Array.from(await dy.data<'float32'>())];
  const resultOf = (at: number, by: number) => {
    const moved = Float32Array.from(values);
    moved[at]! += by;
    return tf.tidy(() => run(...inputs.with(i, tf.tensor(moved, input.shape))));
  };
  const slopeAt = async (at: number) => {
    const results = [resultOf(at, step), resultOf(at, -step)];
    const [after, before] = await Promise.all(results.map((result) => result.data()));
    tf.dispose(results);
    return weights.reduce((sum, weight, k) => sum + weight * (after![k]! - before![k]!), 0) / (2 * step);
  };
  return Promise.all(places.map(slopeAt));
}

function placesToMove(size: number): number[] {
  const all = Array.from({ length: size }, (_, at) => at);
  if (!['webgl', 'webgpu'].includes(tf.getBackend()) || size <= movedOnShaders) return all;
  const random = createRandom(98);
  return Array.from({ length: movedOnShaders }, () => all.splice(random.integer(all.length), 1)[0]!);
}
