import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { normal, runKernelOn } from './compare-with-cpu.ts';

/** A sum or mean over the rows of a matrix, or over all of a shape. */
export interface Reduction {
  kernel: 'Sum' | 'Mean';
  shape: number[];
  axis: number[];
}

/** Expects a reduction of many numbers on wasm to be within 2e-7 of the one in double precision. */
export async function expectAccurate({ kernel, shape, axis }: Reduction): Promise<void> {
  const size = tf.util.sizeFromShape(shape);
  const values = normal(shape, 3).values.map((value) => value + 0.3);
  const columns = axis.length === shape.length ? 1 : shape[1]!;
  const exact = new Float64Array(columns);
  for (let i = 0; i < size; i++) exact[i % columns]! += values[i]!;
  const divisor = kernel === 'Mean' ? size / columns : 1;

  const { values: actual } = await runKernelOn('wasm', { kernel, inputs: { x: { shape, values } }, attrs: { axis } });

  expect(actual.length).toBe(columns);
  for (let i = 0; i < columns; i++) expect(Math.abs((actual[i]! * divisor) / exact[i]! - 1)).toBeLessThan(2e-7);
}
