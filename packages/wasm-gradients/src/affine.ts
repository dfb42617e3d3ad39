import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { defer, isPending, type Loan } from './deferred.ts';
import { runInParts } from './parts.ts';
import { reserveForSums, sumRows } from './row-sums.ts';
import { addressOf, type DataId, reserveWorkspace, type WasmBackend, workspaceOf } from './wasm-backend.ts';

/** x - mean, with a mean for each channel; 0 where there is none. */
interface Deviations {
  x: Loan;
  mean?: Float32Array;
  /** Over all rows those of the deviations and of their squares, which both are asked for one after the other. */
  sums?: [Float64Array, Float64Array];
}

/** Deviations times a factor for each channel; 1 where there is none. */
interface Term {
  deviations: Deviations;
  factor?: Float32Array;
}

/**
 * A deferred result: the sum of at most two terms and an offset for each channel, or the square of that. Batch
 * normalisation in training and its gradient consist of such results. Each is read by one operation, which can as well
 * read what it is made of, so that most are never written to memory.
 */
export interface Affine {
  rows: number;
  channels: number;
  terms: readonly Term[];
  offset?: Float32Array | undefined;
  isSquared?: boolean;
}

const MOST_TERMS = 2;
const MOST_ROWS = 2 * MOST_TERMS + 1;
/** Fewer numbers are as soon computed as deferred. */
const FEWEST = 2 ** 14;

const affines = new WeakMap<DataId, Affine>();

/** Whether so many rows are worth deferring. */
export function isWorthDeferring(rows: number, channels: number): boolean {
  return channels >= 4 && rows * channels >= FEWEST;
}

/** What the tensor is, if it is such a result that nothing has looked at, and has its channels on the last axis. */
export function affineOf(backend: WasmBackend, { dataId, shape }: TensorInfo): Affine | undefined {
  const affine = isPending(backend, dataId) ? affines.get(dataId) : undefined;
  return affine?.channels === shape.at(-1) ? affine : undefined;
}

export function deferAffine(backend: WasmBackend, shape: readonly number[], affine: Affine): TensorInfo {
  reserveWorkspace(backend, 4 * MOST_ROWS * affine.channels);
  const loans = affine.terms.map(({ deviations }) => deviations.x);
  const result = defer(backend, shape, loans, (out) => compute(backend, affine, out));
  affines.set(result.dataId, affine);
  return result;
}

/** a + b, unless that has too many terms. */
export function addAffines(a: Affine, b: Affine): Affine | undefined {
  const terms = [...a.terms, ...b.terms];
  if (a.isSquared || b.isSquared || a.rows !== b.rows || a.channels !== b.channels || terms.length > MOST_TERMS) {
    return undefined;
  }
  const offset =
    a.offset === undefined || b.offset === undefined
      ? (a.offset ?? b.offset)
      : a.offset.map((value, channel) => value + b.offset![channel]!);
  return { rows: a.rows, channels: a.channels, terms, offset };
}

/** The sum over all rows for each channel in double precision, if the result consists of one term. */
export function sumAffine(backend: WasmBackend, affine: Affine): Float64Array | undefined {
  const { rows, channels, terms, offset, isSquared } = affine;
  const [term] = terms;
  if (term === undefined || terms.length > 1 || offset !== undefined) return undefined;
  const { deviations, factor } = term;
  if (deviations.sums === undefined) {
    const behind = reserveForSums(backend, channels, 4 * channels);
    const [mean] = placeRows(backend, behind, channels, [deviations.mean ?? 0]);
    deviations.sums = sumRows(backend, { x: deviations.x.address, mean: mean! }, rows, channels);
  }
  const [sums, squares] = deviations.sums;
  if (isSquared) return squares.map((sum, channel) => sum * (factor?.[channel] ?? 1) ** 2);
  return sums.map((sum, channel) => sum * (factor?.[channel] ?? 1));
}

function compute(backend: WasmBackend, affine: Affine, out: number): void {
  const { rows, channels, terms, offset, isSquared } = affine;
  const [a, b] = terms;
  // Added to anything, -0 changes nothing; 0 would change -0.
  const place = (...values: Row[]) => placeRows(backend, workspaceOf(backend), channels, [...values, offset ?? -0]);
  const division = { size: rows, cost: channels };
  if (a === undefined) {
    runInParts(backend, 'spread', [...place(), out, rows, channels, 1], division);
  } else if (b === undefined) {
    runInParts(backend, 'normalize', [a.deviations.x.address, ...place(...rowsOf(a)), out, channels], division);
  } else {
    const [aMean, aFactor, bMean, bFactor, offsets] = place(...rowsOf(a), ...rowsOf(b));
    const values = [
      a.deviations.x.address,
      aMean!,
      aFactor!,
      b.deviations.x.address,
      bMean!,
      bFactor!,
      offsets!,
      out,
      channels,
    ];
    runInParts(backend, 'addNormalized', values, division);
  }
  if (!isSquared) return;
  runInParts(backend, 'scaledProduct', [out, out, out, 1], { size: rows * channels, cost: 1, grain: 4 });
}

/** A value for each channel, or one for all. */
type Row = Float32Array | number;

function rowsOf({ deviations, factor }: Term): [mean: Row, factor: Row] {
  return [deviations.mean ?? 0, factor ?? 1];
}

/** Writes rows one after the other from `address` on, and says where each is. */
function placeRows(backend: WasmBackend, address: number, channels: number, rows: readonly Row[]): number[] {
  const heap = backend.wasm.HEAPF32;
  return rows.map((row, i) => {
    const at = address / 4 + i * channels;
    if (typeof row === 'number') heap.fill(row, at, at + channels);
    else heap.set(row, at);
    return 4 * at;
  });
}

/** A copy of a row's values. */
export function copyRow(backend: WasmBackend, row: TensorInfo): Float32Array {
  const at = addressOf(backend, row) / 4;
  return backend.wasm.HEAPF32.slice(at, at + util.sizeFromShape(row.shape));
}
