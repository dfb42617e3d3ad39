import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type Entry, float32, type TensorflowBackend } from './tensorflow-backend.ts';

/**
 * A float32 result that is computed when something first looks at it, and never if nothing does.
 *
 * tfjs computes the filter gradient of every *linear* convolution, frozen or not, and throws away what it does not need.
 * The entry of a deferred result in the backend's `tensorMap` has accessors in place of `values`, which every kernel and
 * every read looks at before `id`, and of `refCount`, which tells when it is disposed.
 *
 * The inputs stay as they are now until then, whatever their owner does: second handles, which tfjs knows nothing of,
 * hold them. `compute` takes the native ids of the inputs and returns that of the result. It must not go through the
 * engine, since by then another backend may be the active one.
 */
export function defer(
  backend: TensorflowBackend,
  shape: readonly number[],
  inputs: readonly TensorInfo[],
  compute: (ids: number[]) => number,
): TensorInfo {
  const kept = backend.getInputTensorIds(inputs).map((id) => secondHandle(backend, id));
  let refCount = 1;
  const settle = (id: number) => {
    Object.defineProperties(entry, { id: plain(id), values: plain(null), refCount: plain(refCount) });
    for (const handle of kept) backend.binding.deleteTensor(handle);
  };
  const entry: Entry = {
    id: -1,
    shape: [...shape],
    dtype: backend.binding.TF_FLOAT,
    get values() {
      settle(compute(kept));
      return null;
    },
    get refCount() {
      return refCount;
    },
    set refCount(count) {
      refCount = count;
      if (count === 0) settle(-1);
    },
  };
  const dataId = {};
  backend.tensorMap.set(dataId, entry);
  return { dataId, shape: [...shape], dtype: 'float32' };
}

const plain = (value: unknown) => ({ value, writable: true, enumerable: true, configurable: true });

/** Another handle of the same data in the native library: nothing is copied. */
function secondHandle(backend: TensorflowBackend, id: number): number {
  return backend.binding.executeOp('Identity', [float32(backend)], [id], 1)[0]!.id;
}
