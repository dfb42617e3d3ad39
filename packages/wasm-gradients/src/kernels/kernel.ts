import { getKernel, type KernelFunc, type NamedAttrMap, type TensorInfo } from '@tensorflow/tfjs-core';
import type { WasmBackend } from '../wasm-backend.ts';

/** The arguments tfjs gives a kernel, as this package's kernels see them. */
export interface KernelArguments<Inputs, Attrs> {
  inputs: Inputs;
  attrs: Attrs;
  backend: WasmBackend;
}

/** A kernel for the wasm backend; `stock` is the one that it replaces, where there is one. */
export interface WasmKernel {
  kernelName: string;
  make(stock: KernelFunc | undefined): KernelFunc;
}

/** Declares a kernel whose function sees its inputs and attributes typed. */
export function wasmKernel<Inputs, Attrs>(
  kernelName: string,
  run: (args: KernelArguments<Inputs, Attrs>, stock: KernelFunc | undefined) => TensorInfo | TensorInfo[],
): WasmKernel {
  return {
    kernelName,
    make: (stock) => (args) => run(args as unknown as KernelArguments<Inputs, Attrs>, stock),
  };
}

/** Runs the registered wasm kernel of that name. The caller disposes the result. */
export function runKernel(
  kernelName: string,
  backend: WasmBackend,
  inputs: Record<string, TensorInfo>,
  attrs: NamedAttrMap = {},
): TensorInfo {
  const kernel = getKernel(kernelName, 'wasm');
  if (kernel === undefined) throw new Error(`@cnnviz/wasm-gradients: the wasm backend has no kernel '${kernelName}'`);
  return kernel.kernelFunc({ inputs, backend, attrs }) as TensorInfo;
}
