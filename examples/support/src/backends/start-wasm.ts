import * as tf from '@tensorflow/tfjs-core';
import { activate } from './activate.ts';

export async function startWasm(): Promise<string> {
  await import('@tensorflow/tfjs-backend-wasm');
  const { enableThreads, registerWasmGradients } = await import('@cnnviz/wasm-gradients');
  const { threads, reason } = await enableThreads();
  registerWasmGradients();
  await activate('wasm');
  const simd = (await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')) ? '' : ' without SIMD';
  return `${threads} ${threads === 1 ? 'thread' : 'threads'}${simd}${reason === undefined ? '' : ` (${reason})`}`;
}
