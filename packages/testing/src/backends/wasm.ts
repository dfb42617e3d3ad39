import { registerWasmGradients } from '@cnnviz/wasm-gradients';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';

/** The stock wasm backend made differentiable. In a browser its binaries are served by the test runner. */
export async function registerWasm(): Promise<void> {
  if (typeof window !== 'undefined') {
    const { wasmPaths } = await import('./wasm-in-browser.ts');
    setWasmPaths(wasmPaths);
  }
  registerWasmGradients();
}
