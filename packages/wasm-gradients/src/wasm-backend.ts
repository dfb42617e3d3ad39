import { type DataStorage, type DataType, engine, type KernelBackend, type TensorInfo } from '@tensorflow/tfjs-core';

/** Identifies a tensor's data in tfjs: an object, compared by identity. */
export type DataId = TensorInfo['dataId'];

/** The wasm backend's record of one tensor's data. */
export interface Entry {
  /** The tensor's number inside the wasm module. */
  id: number;
  /** Byte address on the wasm heap. */
  memoryOffset: number;
  shape: number[];
  dtype: DataType;
  refCount: number;
}

/** The parts of tfjs-backend-wasm 4.22's Emscripten module that are used here. */
interface WasmModule {
  HEAPU8: Uint8Array;
  HEAP32: Int32Array;
  HEAPF32: Float32Array;
  asm: { memory?: WebAssembly.Memory };
  /** Only in the threaded build, whose memory is shared and imported. */
  wasmMemory?: WebAssembly.Memory;
  _malloc(bytes: number): number;
  _free(address: number): void;
  cwrap(name: string, returns: null, parameters: readonly string[]): (...values: unknown[]) => void;
  tfjs: {
    registerTensor(id: number, size: number, address: number): void;
    disposeData(id: number): void;
  };
}

/** The parts of tfjs-backend-wasm 4.22's backend class that are used here. */
export interface WasmBackend extends KernelBackend {
  wasm: WasmModule;
  dataIdMap: DataStorage<Entry>;
  dataIdNextNumber: number;
  makeOutput(shape: readonly number[], dtype: DataType): TensorInfo;
}

/** Byte address of a tensor's data. Computes the data first if it was deferred. */
export function addressOf(backend: WasmBackend, tensor: TensorInfo): number {
  return backend.dataIdMap.get(tensor.dataId).memoryOffset;
}

/** A section of the heap that kernels of tfjs know by `id`. */
export interface View {
  id: number;
  address: number;
}

/** Makes `size` floats at `address` known to tfjs' kernels until `closeView`. */
export function openView(backend: WasmBackend, address: number, size: number): View {
  const id = backend.dataIdNextNumber++;
  backend.wasm.tfjs.registerTensor(id, size, address);
  return { id, address };
}

export function closeView(backend: WasmBackend, view: View): void {
  backend.wasm.tfjs.disposeData(view.id);
}

/** Allocates bytes on the wasm heap. Heap arrays read before are stale afterwards, because the heap may have grown. */
export function allocate(backend: WasmBackend, bytes: number): number {
  const address = backend.wasm._malloc(bytes) >>> 0;
  if (address === 0) {
    throw new Error(
      `@cnnviz/wasm-gradients: cannot allocate ${bytes} bytes on the wasm heap, which holds at most 4 GiB`,
    );
  }
  return address;
}

/** Runs `use` with the address of a scratch buffer that lives as long as the call. */
export function withScratch<T>(backend: WasmBackend, bytes: number, use: (address: number) => T): T {
  const address = allocate(backend, bytes);
  try {
    return use(address);
  } finally {
    backend.wasm._free(address);
  }
}

const workspaces = new WeakMap<WasmBackend, { address: number; bytes: number }>();

/**
 * Makes sure that the workspace, a scratch buffer on the heap for this package's kernels, holds that many bytes. It is for work
 * that must not allocate once it runs.
 */
export function reserveWorkspace(backend: WasmBackend, bytes: number): void {
  const workspace = workspaces.get(backend);
  if (workspace !== undefined && workspace.bytes >= bytes) return;
  // The old one is kept until there is a larger one, because pending results rely on it.
  const address = allocate(backend, bytes);
  if (workspace !== undefined) backend.wasm._free(workspace.address);
  workspaces.set(backend, { address, bytes });
}

/** Byte address of the workspace. */
export function workspaceOf(backend: WasmBackend): number {
  return workspaces.get(backend)!.address;
}

/** The wasm backend, if it is the active one. */
export function activeWasmBackend(): WasmBackend | undefined {
  return engine().backendName === 'wasm' ? (engine().backend as WasmBackend) : undefined;
}
