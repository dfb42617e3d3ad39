import '@tensorflow/tfjs-backend-cpu';
import { createRandom } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { registerWasmGradients } from '../src/register.ts';
import { relativeError } from './relative-error.ts';

export { relativeError };

/** A tensor to be made on either backend. */
export interface Values {
  shape: number[];
  values: Float32Array | Int32Array;
}

export interface KernelCase {
  kernel: string;
  inputs: Record<string, Values>;
  attrs?: Record<string, unknown>;
}

/** Normally distributed float32 values. */
export function normal(shape: number[], seed: number): Values {
  return { shape, values: createRandom(seed).fillNormal(new Float32Array(tf.util.sizeFromShape(shape))) };
}

export function tensorOf({ shape, values }: Values): tf.Tensor {
  return tf.tensor(values, shape, values instanceof Int32Array ? 'int32' : 'float32');
}

export async function useWasm(): Promise<void> {
  registerWasmGradients();
  await tf.setBackend('wasm');
}

/** Runs one kernel and reads its result, leaving no tensor. */
export async function runKernelOn(
  backend: 'cpu' | 'wasm',
  { kernel, inputs, attrs = {} }: KernelCase,
): Promise<Values> {
  registerWasmGradients();
  await tf.setBackend(backend);
  const before = tf.memory().numTensors;
  const tensors = Object.fromEntries(Object.entries(inputs).map(([name, values]) => [name, tensorOf(values)]));
  const result = tf.engine().runKernel(kernel, tensors, attrs as tf.NamedAttrMap) as tf.Tensor;
  const values = (await result.data()) as Float32Array;
  tf.dispose([result, tensors]);
  expect(tf.memory().numTensors).toBe(before);
  return { shape: result.shape, values };
}

export async function expectSameAsCpu(kernelCase: KernelCase, tolerance = 1e-4): Promise<void> {
  const expected = await runKernelOn('cpu', kernelCase);
  const actual = await runKernelOn('wasm', kernelCase);
  expect(actual.shape).toEqual(expected.shape);
  expect(relativeError(actual.values, expected.values)).toBeLessThan(tolerance);
}

/** A result of the wasm backend, and the same result of cpu. */
interface Both {
  actual: Float32Array;
  expected: Float32Array;
}

/** Runs a function that makes one tensor on each backend; it does not have to dispose its other tensors. */
export async function resultOnBoth(run: () => tf.Tensor): Promise<Both> {
  const [both] = await resultsOnBoth(() => [run()]);
  return both!;
}

/** The same for a function that makes several tensors. */
export async function resultsOnBoth(run: () => tf.Tensor[]): Promise<Both[]> {
  const on = async (backend: string) => {
    await tf.setBackend(backend);
    const before = tf.memory().numTensors;
    const results = tf.tidy(run);
    const values: Float32Array[] = [];
    for (const result of results) values.push((await result.data()) as Float32Array);
    tf.dispose(results);
    expect(tf.memory().numTensors).toBe(before);
    return values;
  };
  const expected = await on('cpu');
  const actual = await on('wasm');
  return actual.map((values, i) => ({ actual: values, expected: expected[i]! }));
}
