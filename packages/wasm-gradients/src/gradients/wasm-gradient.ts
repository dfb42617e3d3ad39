import { engine, type GradConfig, type NamedAttrMap, type Tensor } from '@tensorflow/tfjs-core';
import type { WasmKernel } from '../kernels/kernel.ts';
import { activeWasmBackend } from '../wasm-backend.ts';

type Gradients = ReturnType<GradConfig['gradFunc']>;

/** A gradient that takes fewer passes on the wasm backend than tfjs's own, which it stands in for. */
export interface WasmGradient {
  kernelName: string;
  /** Kernels of this package's own that it runs. */
  kernels: WasmKernel[];
  make(original: GradConfig['gradFunc']): GradConfig['gradFunc'];
}

/**
 * `run` gives the gradients, or undefined for what it does not cover. On another backend, and where the gradient is
 * itself being differentiated (the kernels used here have no gradient), tfjs's own is used.
 */
export function wasmGradient<Attrs>(
  kernelName: string,
  kernels: WasmKernel[],
  run: (dy: Tensor, saved: Tensor[], attrs: Attrs) => Gradients | undefined,
): WasmGradient {
  return {
    kernelName,
    kernels,
    make: (original) => (dy, saved, attrs) => {
      const isOurs =
        activeWasmBackend() !== undefined &&
        engine().state.gradientDepth === 0 &&
        !Array.isArray(dy) &&
        dy.dtype === 'float32';
      return (isOurs ? run(dy as Tensor, saved, attrs as Attrs) : undefined) ?? original(dy, saved, attrs);
    },
  };
}

/** Runs a kernel that this package alone has. */
export function runOwnKernel(name: string, inputs: Record<string, Tensor>, attrs: object): Tensor {
  return engine().runKernel(name, inputs, attrs as NamedAttrMap) as Tensor;
}
