import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { simdOf } from './simd.ts';
import type { WasmBackend } from './wasm-backend.ts';

const backendOn = (memory: WebAssembly.Memory) => ({ wasm: { asm: { memory } } }) as unknown as WasmBackend;

describe('simdOf', () => {
  // Jest, a frame and a vm context have built-ins of their own.
  it.each([
    ['its own', 'realm', (options: string) => new Function(`return new WebAssembly.Memory(${options})`)()],
    ['the memory of another', 'realm', (options: string) => runInNewContext(`new WebAssembly.Memory(${options})`)],
  ])('works on %s %s, shared or not', (_, __, make) => {
    for (const options of ['{ initial: 1 }', '{ initial: 1, maximum: 65536, shared: true }']) {
      const memory = make(options) as WebAssembly.Memory;
      const floats = new Float32Array(memory.buffer);
      floats.set([1, 2, 3, 4]);
      simdOf(backendOn(memory)).copyRows(0, 64, 4, 4, 4, 1);
      expect(Object.keys(simdOf(backendOn(memory)))).toContain('conv2dBackpropFilter');
    }
  });
});
