import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { allocate, type DataId, type Entry, type WasmBackend } from './wasm-backend.ts';

/** Data that pending results still have to read. If its owner frees it in the meantime, its entry is kept here. */
export interface Loan {
  dataId: DataId;
  address: number;
  readers: number;
  orphan?: Entry;
}

/** Notes about data, for when it is freed. */
interface Note {
  pending?: DeferredEntry | undefined;
  loan?: Loan | undefined;
  /** Called when the data is freed. */
  releases?: (() => void)[];
}

const notesOfBackends = new WeakMap<WasmBackend, Map<DataId, Note>>();

/**
 * Makes a float32 result that is computed when it is first read, and never if nothing reads it.
 *
 * tfjs computes the filter gradient of every *linear* convolution and dense layer, frozen or not, and discards what it does not
 * need. The entry of a deferred result in the backend's `dataIdMap` has accessors for `id` and `memoryOffset`, and every kernel
 * and every read must use one of them. Its memory is allocated now, so that reading it never grows the heap under a kernel that
 * holds heap arrays; `compute` must not allocate either.
 *
 * The inputs stay unchanged until then: data that its owner frees in the meantime stays on the heap until no pending result
 * needs it, although tfjs counts it as freed.
 */
export function defer(
  backend: WasmBackend,
  shape: readonly number[],
  inputs: readonly (TensorInfo | Loan)[],
  compute: (output: number, inputs: readonly number[]) => void,
): TensorInfo {
  const notes = notesOf(backend);
  const size = util.sizeFromShape([...shape]);
  const loans = inputs.map((input) => ('readers' in input ? input : loanOf(backend, input)));
  const address = allocate(backend, 4 * size);
  for (const loan of loans) loan.readers++;
  const id = backend.dataIdNextNumber++;
  const dataId = { id: backend.dataIdNextNumber++ };
  backend.wasm.tfjs.registerTensor(id, size, address);
  const entry = new DeferredEntry(id, address, shape, (isRead) => {
    if (isRead) {
      compute(
        address,
        loans.map(({ address }) => address),
      );
    }
    note.pending = undefined;
    forgetIfEmpty(notes, dataId, note);
    for (const loan of loans) {
      if (--loan.readers > 0) continue;
      if (loan.orphan !== undefined) free(backend, loan.orphan);
      else endLoan(notes, loan);
    }
  });
  const note: Note = { pending: entry };
  notes.set(dataId, note);
  backend.dataIdMap.set(dataId, entry);
  return { dataId, shape: entry.shape, dtype: entry.dtype };
}

/** The entry of a deferred result. */
class DeferredEntry implements Entry {
  readonly shape: number[];
  readonly dtype = 'float32';
  refCount = 1;
  readonly #id: number;
  readonly #address: number;
  #settle: ((isRead: boolean) => void) | undefined;

  constructor(id: number, address: number, shape: readonly number[], settle: (isRead: boolean) => void) {
    this.shape = [...shape];
    this.#id = id;
    this.#address = address;
    this.#settle = settle;
  }

  get id(): number {
    this.settle(true);
    return this.#id;
  }

  get memoryOffset(): number {
    this.settle(true);
    return this.#address;
  }

  /** Computes the result, unless it is freed unread. */
  settle(isRead: boolean): void {
    const settle = this.#settle;
    if (settle === undefined) return;
    settle(isRead);
    this.#settle = undefined;
  }
}

/**
 * Lends this data to a pending result. If the data was deferred itself, it is computed first. The loan lasts until the pending
 * result is computed or freed, even if the owner frees the data earlier.
 */
export function loanOf(backend: WasmBackend, { dataId }: TensorInfo): Loan {
  const address = backend.dataIdMap.get(dataId).memoryOffset;
  const note = noteOf(notesOf(backend), dataId);
  note.loan ??= { dataId, address, readers: 0 };
  return note.loan;
}

/** Whether the data is a deferred result that has not been read. */
export function isPending(backend: WasmBackend, dataId: DataId): boolean {
  return notesOfBackends.get(backend)?.get(dataId)?.pending !== undefined;
}

/** Calls `release` once, when the backend frees this data. */
export function whenFreed(backend: WasmBackend, dataId: DataId, release: () => void): void {
  const note = noteOf(notesOf(backend), dataId);
  note.releases = [...(note.releases ?? []), release];
}

function noteOf(notes: Map<DataId, Note>, dataId: DataId): Note {
  let note = notes.get(dataId);
  if (note === undefined) {
    note = {};
    notes.set(dataId, note);
  }
  return note;
}

function endLoan(notes: Map<DataId, Note>, { dataId }: Loan): void {
  const note = notes.get(dataId);
  if (note === undefined) return;
  note.loan = undefined;
  forgetIfEmpty(notes, dataId, note);
}

function forgetIfEmpty(notes: Map<DataId, Note>, dataId: DataId, { pending, loan, releases }: Note): void {
  if (pending === undefined && loan === undefined && releases === undefined) notes.delete(dataId);
}

function free({ wasm }: WasmBackend, { id, memoryOffset }: Entry): void {
  wasm._free(memoryOffset);
  wasm.tfjs.disposeData(id);
}

function notesOf(backend: WasmBackend): Map<DataId, Note> {
  let notes = notesOfBackends.get(backend);
  if (notes === undefined) {
    notes = new Map();
    notesOfBackends.set(backend, notes);
    watchDisposal(backend, notes);
  }
  return notes;
}

function watchDisposal(backend: WasmBackend, notes: Map<DataId, Note>): void {
  const disposeData = backend.disposeData.bind(backend);
  backend.disposeData = (dataId: DataId, force = false) => {
    const note = notes.get(dataId);
    if (note === undefined) return disposeData(dataId, force);
    const entry = backend.dataIdMap.get(dataId);
    if (!force && entry.refCount > 1) return disposeData(dataId, force);

    for (const release of note.releases ?? []) release();
    note.pending?.settle(false);
    notes.delete(dataId);
    if (note.loan === undefined || note.loan.readers === 0) return disposeData(dataId, force);
    note.loan.orphan = entry;
    backend.dataIdMap.delete(dataId);
    return true;
  };
}
