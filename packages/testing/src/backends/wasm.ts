import { registerWasmGradients } from '@cnnviz/wasm-gradients';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';

/** The stock wasm backend made differentiable. */
export async function registerWasm(): Promise<void> {
  await registerStockWasm();
  registerWasmGradients();
}

/** The wasm backend as it is, which importing it has registered. In a browser its binaries are served by the test runner. */
export async function registerStockWasm(): Promise<void> {
  if (typeof window === 'undefined') return;
  const { wasmPaths } = await import('./wasm-in-browser.ts');
  setWasmPaths(wasmPaths);
}
