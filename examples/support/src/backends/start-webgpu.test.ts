import { afterEach, describe, expect, it } from 'vitest';
import { type AdapterInfo, isSoftwareAdapter, startWebgpu } from './start-webgpu.ts';

const REAL: AdapterInfo = { vendor: 'nvidia', architecture: 'turing', description: 'NVIDIA GeForce RTX 2070' };
const SWIFTSHADER: AdapterInfo = {
  vendor: 'google',
  architecture: 'swiftshader',
  description: 'SwiftShader driver 5.0.0',
};

/** A binding whose only adapter is `info`, `null` for none. */
function binding(info: AdapterInfo | null, isFallbackAdapter = false) {
  const gpu = { requestAdapter: async () => (info === null ? null : { info, isFallbackAdapter }) };
  const started: unknown[] = [];
  return {
    gpu,
    started,
    options: {
      resolve: () => '/installed/webgpu/index.js',
      load: async () => ({ create: () => gpu, globals: { GPUTestGlobal: 7 } }),
      startBackend: async () => {
        started.push(Reflect.get(globalThis.navigator, 'gpu'), Reflect.get(globalThis, 'GPUTestGlobal'));
      },
    },
  };
}

describe('startWebgpu', () => {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  afterEach(() => {
    Reflect.deleteProperty(globalThis, 'GPUTestGlobal');
    if (before === undefined) Reflect.deleteProperty(globalThis, 'navigator');
    else Reflect.deleteProperty(globalThis.navigator, 'gpu');
  });

  it('is passed over when the user did not install the binding', async () => {
    await expect(startWebgpu({ resolve: () => undefined })).rejects.toThrow('the npm package webgpu is not installed');
  });

  it('is passed over without an adapter', async () => {
    await expect(startWebgpu(binding(null).options)).rejects.toThrow(/finds no adapter/);
  });

  it('puts the binding in place before the backend starts, and names the adapter', async () => {
    const { options, started, gpu } = binding(REAL);
    expect(await startWebgpu(options)).toBe('adapter NVIDIA GeForce RTX 2070');
    expect(started).toEqual([gpu, 7]);
  });

  it('passes a software adapter over and leaves no trace', async () => {
    const { options, started } = binding(SWIFTSHADER);
    await expect(startWebgpu(options)).rejects.toThrow('its only adapter is software, SwiftShader driver 5.0.0');
    expect(started).toEqual([]);
    expect('GPUTestGlobal' in globalThis).toBe(false);
    expect(globalThis.navigator === undefined || !('gpu' in globalThis.navigator)).toBe(true);
  });

  it('passes over an adapter that says it is a fallback', async () => {
    await expect(startWebgpu(binding(REAL, true).options)).rejects.toThrow(/software/);
  });

  it('takes a software adapter when webgpu was asked for by name', async () => {
    const { options } = binding(SWIFTSHADER);
    expect(await startWebgpu({ ...options, acceptSoftware: true })).toBe('adapter SwiftShader driver 5.0.0');
  });
});

describe('isSoftwareAdapter', () => {
  it.each<[AdapterInfo, boolean]>([
    [REAL, false],
    [{ vendor: 'amd', architecture: 'rdna-3', description: 'AMD Radeon RX 7900 XTX' }, false],
    [{ vendor: 'apple', architecture: 'metal-3' }, false],
    [SWIFTSHADER, true],
    [{ vendor: 'mesa', description: 'llvmpipe (LLVM 15.0.6, 256 bits)' }, true],
    [{ vendor: '', device: 'lavapipe' }, true],
    [{ vendor: 'microsoft', description: 'Microsoft Basic Render Driver' }, true],
    [{ vendor: 'intel', isFallbackAdapter: true }, true],
  ])('%o: %s', (info, software) => {
    expect(isSoftwareAdapter(info)).toBe(software);
  });
});
