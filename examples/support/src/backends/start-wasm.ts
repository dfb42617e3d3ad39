import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import { activate } from './activate.ts';

/** `CNNVIZ_THREADS` is at most how many threads it gets, for those who start several processes. */
export async function startWasm(): Promise<string> {
  const asked = process.env.CNNVIZ_THREADS;
  const most = asked === undefined ? {} : { threads: Number(asked) };
  await import('@tensorflow/tfjs-backend-wasm');
  const { enableThreads, registerWasmGradients } = await import('@cnnviz/wasm-gradients');
  const { threads, reason } = await withoutNewErrorHandlers(() => enableThreads(most));
  registerWasmGradients();
  await withoutNewErrorHandlers(() => activate('wasm'));
  const simd = (await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')) ? '' : ' without SIMD';
  return `${threads} ${threads === 1 ? 'thread' : 'threads'}${simd}${reason === undefined ? '' : ` (${reason})`}`;
}

const ERROR_EVENTS = ['uncaughtException', 'unhandledRejection'] as const;

/** The backend throws every uncaught error again from its own one line of 50,000 characters, which Node then prints. */
async function withoutNewErrorHandlers<T>(start: () => Promise<T>): Promise<T> {
  const before = ERROR_EVENTS.map((event) => process.rawListeners(event));
  try {
    return await start();
  } finally {
    for (const [index, event] of ERROR_EVENTS.entries()) {
      for (const listener of process.rawListeners(event)) {
        if (!before[index]?.includes(listener)) process.removeListener(event, listener as () => void);
      }
    }
  }
}
