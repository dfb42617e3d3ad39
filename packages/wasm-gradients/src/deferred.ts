import type { TensorInfo } from '@tensorflow/tfjs-core';
import { addressOf, type DataId, type Entry, type WasmBackend } from './wasm-backend.ts';

/** Data that pending results still have to read. When its owner frees it meanwhile, its entry is kept here. */
interface Borrow {
  readers: number;
  orphan?: Entry;
}

interface Book {
  /** Results not computed yet; the function forgets the computation. */
  pending: Map<DataId, () => void>;
  borrowed: Map<DataId, Borrow>;
  /** Called when the data is freed. */
  whenFreed: Map<DataId, (() => void)[]>;
}

const books = new WeakMap<WasmBackend, Book>();

/**
 * A float32 result that is computed when something first looks at it, and never if nothing does.
 *
 * tfjs computes the filter gradient of every *linear* convolution and dense layer, frozen or not, and throws away what
 * it does not need. The entry of a deferred result in the backend's `dataIdMap` has accessors in place of `id` and
 * `memoryOffset`, through one of which every kernel and every read must go. Its memory is allocated now, so that
 * looking at it never grows the heap under a kernel that holds heap arrays; `compute` must not allocate either.
 *
 * The inputs stay as they are now until then: data that its owner frees in between stays on the heap until no pending
 * result needs it, while tfjs counts it as freed.
 */
export function defer(
  backend: WasmBackend,
  shape: readonly number[],
  inputs: readonly TensorInfo[],
  compute: (output: number, inputs: readonly number[]) => void,
): TensorInfo {
  const { pending, borrowed } = bookOf(backend);
  const addresses = inputs.map((input) => addressOf(backend, input));
  const output = backend.makeOutput(shape, 'float32');
  const entry = backend.dataIdMap.get(output.dataId);
  const { id, memoryOffset } = entry;
  const borrows = inputs.map(({ dataId }) => {
    let borrow = borrowed.get(dataId);
    if (borrow === undefined) {
      borrow = { readers: 0 };
      borrowed.set(dataId, borrow);
    }
    borrow.readers++;
    return { dataId, borrow };
  });

  const settle = () => {
    pending.delete(output.dataId);
    Object.defineProperties(entry, {
      id: { value: id, writable: true, enumerable: true, configurable: true },
      memoryOffset: { value: memoryOffset, writable: true, enumerable: true, configurable: true },
    });
    for (const { dataId, borrow } of borrows) {
      if (--borrow.readers > 0) continue;
      if (borrow.orphan !== undefined) free(backend, borrow.orphan);
      else borrowed.delete(dataId);
    }
  };
  const computeNow = () => {
    compute(memoryOffset, addresses);
    settle();
  };
  pending.set(output.dataId, settle);
  Object.defineProperties(entry, {
    id: {
      configurable: true,
      enumerable: true,
      get: () => {
        computeNow();
        return id;
      },
    },
    memoryOffset: {
      configurable: true,
      enumerable: true,
      get: () => {
        computeNow();
        return memoryOffset;
      },
    },
  });
  return output;
}

/** Calls `release` once, when the backend frees this data. */
export function whenFreed(backend: WasmBackend, dataId: DataId, release: () => void): void {
  const book = bookOf(backend);
  const releases = book.whenFreed.get(dataId);
  if (releases === undefined) book.whenFreed.set(dataId, [release]);
  else releases.push(release);
}

function free({ wasm }: WasmBackend, { id, memoryOffset }: Entry): void {
  wasm._free(memoryOffset);
  wasm.tfjs.disposeData(id);
}

function bookOf(backend: WasmBackend): Book {
  let book = books.get(backend);
  if (book === undefined) {
    book = { pending: new Map(), borrowed: new Map(), whenFreed: new Map() };
    books.set(backend, book);
    watchDisposal(backend, book);
  }
  return book;
}

function watchDisposal(backend: WasmBackend, book: Book): void {
  const disposeData = backend.disposeData.bind(backend);
  backend.disposeData = (dataId: DataId, force = false) => {
    const entry = backend.dataIdMap.has(dataId) ? backend.dataIdMap.get(dataId) : undefined;
    if (entry === undefined || (!force && entry.refCount > 1)) return disposeData(dataId, force);

    for (const release of book.whenFreed.get(dataId) ?? []) release();
    book.whenFreed.delete(dataId);
    book.pending.get(dataId)?.();
    const borrow = book.borrowed.get(dataId);
    if (borrow === undefined) return disposeData(dataId, force);
    borrow.orphan = entry;
    book.borrowed.delete(dataId);
    backend.dataIdMap.delete(dataId);
    return true;
  };
}
