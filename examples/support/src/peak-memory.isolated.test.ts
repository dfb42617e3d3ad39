import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
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

  it('is left in a folder by each process that is told to', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'peaks-'));
    const script = `
      import { chooseBackend } from './src/index.ts';
      import * as tf from '@tensorflow/tfjs-core';
      await chooseBackend({ argv: ['--backend', 'wasm'] });
      tf.zeros([60_000_000]).dispose();
    `;
    const options = ['--import', 'tsx', '--conditions=@cnnviz/source', '--input-type=module', '--eval', script];
    const cwd = fileURLToPath(new URL('..', import.meta.url));
    const env = { ...process.env, CNNVIZ_PEAK_MEMORY: folder };
    const started = promisify(execFile)(process.execPath, options, { cwd, env });
    const { pid } = started.child;
    await started;
    const { resident, wasmHeap } = JSON.parse(await readFile(join(folder, `${pid}.json`), 'utf8'));
    expect(wasmHeap).toBeGreaterThanOrEqual(240_000_000);
    expect(resident).toBeGreaterThan(wasmHeap);
    await rm(folder, { recursive: true });
  });

  it('is said in words', () => {
    expect(peakMemoryText({ resident: 412_300_000, wasmHeap: 60_000_000 })).toBe('412 MB, 60 MB of it the wasm heap');
    expect(peakMemoryText({ resident: 412_300_000, wasmHeap: 0 })).toBe('412 MB');
  });
});
