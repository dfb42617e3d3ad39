import '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { chooseBackend } from './backends/choose-backend.ts';
import { peakMemory, peakMemoryText } from './peak-memory.ts';

describe('peakMemory', () => {
  it('keeps what tensors needed that are no more', async () => {
    await chooseBackend({ argv: ['--backend', 'wasm'], print: () => {} });
    const before = peakMemory();
    tf.zeros([60_000_000]).dispose();
    const after = peakMemory();
    expect(after.wasmHeap).toBeGreaterThanOrEqual(240_000_000);
    expect(after.resident).toBeGreaterThan(before.resident);
    expect(peakMemory().wasmHeap).toBe(after.wasmHeap);
  });

  it('is said in words', () => {
    expect(peakMemoryText({ resident: 412_300_000, wasmHeap: 60_000_000 })).toBe('412 MB, 60 MB of it the wasm heap');
    expect(peakMemoryText({ resident: 412_300_000, wasmHeap: 0 })).toBe('412 MB');
  });
});
