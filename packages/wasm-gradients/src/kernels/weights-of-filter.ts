import type { TensorInfo } from '@tensorflow/tfjs-core';
import { whenFreed } from '../deferred.ts';
import { addressOf, allocate, closeView, type DataId, openView, type View, type WasmBackend } from '../wasm-backend.ts';

const kept = new WeakMap<WasmBackend, Map<DataId, Map<string, View>>>();

/**
 * What `fill` makes of a filter. Made once for the data of each filter and each `key`, and freed with it: frozen weights
 * are rearranged once, not on every call.
 *
 * @param fill Gets the address of the filter and that of `size` floats.
 */
export function weightsOfFilter(
  backend: WasmBackend,
  filter: TensorInfo,
  key: string,
  size: number,
  fill: (filterAddress: number, address: number) => void,
): View {
  let ofBackend = kept.get(backend);
  if (ofBackend === undefined) {
    ofBackend = new Map();
    kept.set(backend, ofBackend);
  }
  const filterAddress = addressOf(backend, filter);
  let ofFilter = ofBackend.get(filter.dataId);
  if (ofFilter === undefined) {
    const made = new Map<string, View>();
    const owners = ofBackend;
    owners.set(filter.dataId, made);
    whenFreed(backend, filter.dataId, () => {
      for (const view of made.values()) {
        closeView(backend, view);
        backend.wasm._free(view.address);
      }
      owners.delete(filter.dataId);
    });
    ofFilter = made;
  }
  const existing = ofFilter.get(key);
  if (existing !== undefined) return existing;
  const view = openView(backend, allocate(backend, size * 4), size);
  fill(filterAddress, view.address);
  ofFilter.set(key, view);
  return view;
}
