import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import type { DataId, Entry, WasmBackend } from './wasm-backend.ts';

/** Data that pending results still have to read. When its owner frees it meanwhile, its entry is kept here. */
export interface Loan {
  dataId: DataId;
  address: number;
  readers: number;
  orphan?: Entry;
}

interface Book {
  /** Results not computed yet; the function forgets the computation. */
  pending: Map<DataId, () => void>;
  lent: Map<DataId, Loan>;
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
  inputs: readonly (TensorInfo | Loan)[],
  compute: (output: number, inputs: readonly number[]) => void,
): TensorInfo {
  const { pending, lent } = bookOf(backend);
  const output = backend.makeOutput(shape, 'float32');
  const { dataId } = output;
  const entry = backend.dataIdMap.get(dataId);
  const loans = inputs.map((input) => {
    const loan = 'readers' in input ? input : loanOf(backend, input);
    loan.readers++;
    if (loan.orphan === undefined) lent.set(loan.dataId, loan);
    return loan;
  });
  const settle = () => {
    pending.delete(dataId);
    entry.refCount = unread.refCount;
    replaceEntry(backend, dataId, entry);
    for (const loan of loans) {
      if (--loan.readers > 0) continue;
      if (loan.orphan !== undefined) free(backend, loan.orphan);
      else lent.delete(loan.dataId);
    }
  };
  const unread = new UnreadEntry(entry, () => {
    if (!pending.has(dataId)) return;
    compute(
      entry.memoryOffset,
      loans.map(({ address }) => address),
    );
    settle();
  });
  replaceEntry(backend, dataId, unread);
  pending.set(dataId, settle);
  return output;
}

/** The entry of a deferred result. */
class UnreadEntry implements Entry {
  readonly shape: number[];
  readonly dtype: DataType;
  refCount: number;
  readonly #entry: Entry;
  readonly #compute: () => void;

  constructor(entry: Entry, compute: () => void) {
    this.shape = entry.shape;
    this.dtype = entry.dtype;
    this.refCount = entry.refCount;
    this.#entry = entry;
    this.#compute = compute;
  }

  get id(): number {
    this.#compute();
    return this.#entry.id;
  }

  get memoryOffset(): number {
    this.#compute();
    return this.#entry.memoryOffset;
  }
}

function replaceEntry({ dataIdMap }: WasmBackend, dataId: DataId, entry: Entry): void {
  dataIdMap.delete(dataId);
  dataIdMap.set(dataId, entry);
}

/**
 * What a pending result needs to borrow this data, which is computed first where it was deferred itself. A loan that a
 * pending result holds is good until that is computed or freed, whether or not its owner frees the data.
 */
export function loanOf(backend: WasmBackend, { dataId }: TensorInfo): Loan {
  const address = backend.dataIdMap.get(dataId).memoryOffset;
  return bookOf(backend).lent.get(dataId) ?? { dataId, address, readers: 0 };
}

/** Whether the data is a deferred result that nothing has looked at. */
export function isPending(backend: WasmBackend, dataId: DataId): boolean {
  return books.get(backend)?.pending.has(dataId) ?? false;
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
    book = { pending: new Map(), lent: new Map(), whenFreed: new Map() };
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
    const loan = book.lent.get(dataId);
    if (loan === undefined) return disposeData(dataId, force);
    loan.orphan = entry;
    book.lent.delete(dataId);
    backend.dataIdMap.delete(dataId);
    return true;
  };
}
