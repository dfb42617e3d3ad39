import * as tf from '@tensorflow/tfjs-core';
import { vi } from 'vitest';
import { type Simd, simdOf } from '../src/simd.ts';
import { activeWasmBackend } from '../src/wasm-backend.ts';

/** Which of its kernels the package runs for one result, and how often. */
export async function kernelsFor(run: () => tf.Tensor): Promise<Partial<Record<keyof Simd, number>>> {
  const simd = simdOf(activeWasmBackend()!);
  const spies = (Object.keys(simd) as (keyof Simd)[]).map((name) => [name, vi.spyOn(simd, name)] as const);
  try {
    const result = tf.tidy(run);
    await result.data();
    result.dispose();
    return Object.fromEntries(
      spies.filter(([, spy]) => spy.mock.calls.length > 0).map(([name, spy]) => [name, spy.mock.calls.length]),
    );
  } finally {
    for (const [, spy] of spies) spy.mockRestore();
  }
}
