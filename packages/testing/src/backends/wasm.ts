import { registerWasmGradients } from '@cnnviz/wasm-gradients';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';

/** The stock wasm backend made differentiable. */
export async function registerWasm(): Promise<void> {
  await registerStockWasm();
  registerWasmGradients();
}

/** The stock wasm backend, as its import registers it. In a browser, the test runner serves its binaries. */
export async function registerStockWasm(): Promise<void> {
  if (typeof window === 'undefined') return;
  const { wasmPaths } = await import('./wasm-in-browser.ts');
  setWasmPaths(wasmPaths);
}
