import * as tf from '@tensorflow/tfjs-core';

export type BackendName = 'cpu' | 'wasm' | 'tensorflow' | 'webgl' | 'webgpu';

export const isNode = typeof process !== 'undefined' && process.versions?.node !== undefined;

/** The backends that can exist in this environment: `tensorflow` only in Node, `webgl` only in a browser. */
export const backendsHere: readonly BackendName[] = isNode
  ? ['cpu', 'wasm', 'tensorflow', 'webgpu']
  : ['cpu', 'wasm', 'webgl', 'webgpu'];

const register: Record<BackendName, () => Promise<unknown>> = {
  cpu: () => import('@tensorflow/tfjs-backend-cpu'),
  wasm: () => import('./wasm.ts').then(({ registerWasm }) => registerWasm()),
  tensorflow: () => import('./tensorflow-in-node.ts').then(({ registerTensorflow }) => registerTensorflow()),
  webgl: () => import('@tensorflow/tfjs-backend-webgl'),
  webgpu: async () => {
    if (isNode) await import('./webgpu-in-node.ts').then(({ provideWebgpu }) => provideWebgpu());
    else await requireWebgpuAdapter();
    await import('@tensorflow/tfjs-backend-webgpu');
  },
};

/**
 * Starts a backend if necessary and makes it the current one.
 *
 * @throws Error if it cannot start here. The message says why.
 */
export async function startBackend(name: BackendName): Promise<void> {
  if (!backendsHere.includes(name)) throw new Error(`there is no ${name} in ${isNode ? 'Node' : 'a browser'}`);
  if (tf.findBackendFactory(name) === null) await register[name]();
  if (!(await tf.setBackend(name))) throw new Error(`TensorFlow.js could not initialize ${name}`);
}

/** Makes the wasm backend the current one without `registerWasmGradients`, for a test file that has it no other way. */
export async function startStockWasm(): Promise<void> {
  const { registerStockWasm } = await import('./wasm.ts');
  await registerStockWasm();
  if (!(await tf.setBackend('wasm'))) throw new Error('TensorFlow.js could not initialize wasm');
}

async function requireWebgpuAdapter(): Promise<void> {
  const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<unknown> } };
  if (gpu === undefined) throw new Error('the browser has no WebGPU');
  if ((await gpu.requestAdapter()) === null) throw new Error('the browser has no WebGPU adapter');
}
