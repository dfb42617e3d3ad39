import { BatchMatMul } from '@tensorflow/tfjs-core';
import { closeView, openView, type WasmBackend } from '../wasm-backend.ts';

const xnnpackMatMuls = new WeakMap<WasmBackend, (...values: unknown[]) => void>();

/** out [m, n] = a [m, k] b [k, n] through XNNPACK, which packs `b` once for its id. */
export function xnnpackProduct(
  backend: WasmBackend,
  a: number,
  b: { id: number; address: number },
  out: number,
  m: number,
  k: number,
  n: number,
): void {
  let call = xnnpackMatMuls.get(backend);
  if (call === undefined) {
    const [number, array] = ['number', 'array'];
    call = backend.wasm.cwrap(BatchMatMul, null, [
      number,
      array,
      number,
      number,
      array,
      number,
      number,
      number,
      number,
    ]);
    xnnpackMatMuls.set(backend, call);
  }
  const left = openView(backend, a, m * k);
  const to = openView(backend, out, m * n);
  call(left.id, int32Bytes([1, m, k]), 3, b.id, int32Bytes([1, k, n]), 3, 0, 0, to.id);
  closeView(backend, left);
  closeView(backend, to);
}

function int32Bytes(values: readonly number[]): Uint8Array {
  return new Uint8Array(new Int32Array(values).buffer);
}
