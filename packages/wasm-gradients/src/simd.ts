import { shared, unshared } from './simd-module.generated.ts';
import type { WasmBackend } from './wasm-backend.ts';

/** What assembly/index.ts exports; pointers are byte addresses, sizes element counts. */
export interface Simd {
  addColumns(...values: number[]): void;
  conv2dBackpropFilter(...values: number[]): void;
  phaseFilter(...values: number[]): void;
  depthToSpace(...values: number[]): void;
  transposeBlock(...values: number[]): void;
  depthwiseBackpropFilter(...values: number[]): void;
  depthwiseBackpropInput(...values: number[]): void;
  maxPoolGrad(...values: number[]): void;
  avgPoolGrad(...values: number[]): void;
  sumAxis(...values: number[]): void;
  segmentSum(...values: number[]): void;
  combineRows(...values: number[]): void;
  normalize(...values: number[]): void;
  addNormalized(...values: number[]): void;
  addGated(...values: number[]): void;
  gateGrad(...values: number[]): void;
  clip(...values: number[]): void;
  scaledProduct(...values: number[]): void;
  spread(...values: number[]): void;
  copyRows(...values: number[]): void;
  deviationSums(...values: number[]): void;
}

const instances = new WeakMap<WasmBackend, Simd>();

/**
 * The kernels of assembly/, working in place on this backend's heap.
 *
 * @throws Error if the engine has no WebAssembly SIMD, or the backend keeps its memory elsewhere than 4.22 does.
 */
export function simdOf(backend: WasmBackend): Simd {
  let simd = instances.get(backend);
  if (simd === undefined) {
    simd = instantiate(backend);
    instances.set(backend, simd);
  }
  return simd;
}

function instantiate(backend: WasmBackend): Simd {
  const { module, memory } = simdModuleOf(backend);
  return { ...(new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Simd) };
}

/** What an instance of them is made of. */
export function simdModuleOf({ wasm }: WasmBackend): { module: WebAssembly.Module; memory: WebAssembly.Memory } {
  const memory = wasm.wasmMemory ?? wasm.asm.memory;
  if (memory === undefined) {
    throw new Error(
      '@cnnviz/wasm-gradients: the wasm backend does not show its memory; made for @tensorflow/tfjs-backend-wasm 4.22',
    );
  }
  // By its tag, for in Jest or a frame the buffer is of another realm.
  const isShared = Object.prototype.toString.call(memory.buffer) === '[object SharedArrayBuffer]';
  const bytes = decodeBase64(isShared ? shared : unshared);
  if (!WebAssembly.validate(bytes)) {
    throw new Error('@cnnviz/wasm-gradients: this JavaScript engine has no WebAssembly SIMD');
  }
  return { module: new WebAssembly.Module(bytes), memory };
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
