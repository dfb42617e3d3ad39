import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { defer, isPending, type Loan } from './deferred.ts';
import { beforeClip, type Clip, clipTwice, type Interval } from './interval.ts';
import { runInParts } from './parts.ts';
import { reserveForSums, sumRows } from './row-sums.ts';
import { addressOf, type DataId, reserveWorkspace, type WasmBackend, workspaceOf } from './wasm-backend.ts';

/** x - mean, with one mean per channel, or 0 if there is none; or the part of x that a gate lets through. */
interface Deviations {
  x: Loan;
  mean?: Float32Array;
  gate?: Gate;
  /** The sums of the deviations and of their squares over all rows, which are requested one after the other. */
  sums?: [Float64Array, Float64Array];
}

/** Deviations times one factor per channel; 1 if there is none. */
interface Term {
  deviations: Deviations;
  factor?: Float32Array;
}

/** Lets values through where the sum of a term and an offset per channel is in the interval. */
interface Gate extends Interval {
  term: Term;
  offset: Float32Array | undefined;
}

/**
 * A deferred result: the sum of at most two terms and an offset per channel, its square, or its clipping. Batch normalization,
 * the ReLU after it, and the gradients of both consist of such results. Each is read by one operation, which can read its parts
 * instead, so most are never written to memory.
 */
export interface Affine {
  rows: number;
  channels: number;
  terms: readonly Term[];
  offset?: Float32Array | undefined;
  isSquared?: boolean;
  clip?: Clip;
}

const MOST_TERMS = 2;
/** Mean and factor of each term, the rows of a gate, and the offset. */
const MOST_ROWS = 2 * MOST_TERMS + 3 + 1;
/** Fewer numbers are computed as fast as they are deferred. */
const FEWEST = 2 ** 14;
/** With more channels, the rows of means and factors would themselves take long, as for subtracting a mean image. */
const MOST_CHANNELS = 2 ** 12;
const noClip: Clip = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };

const affines = new WeakMap<DataId, Affine>();

/** Whether so many rows are worth deferring. */
export function isWorthDeferring(rows: number, channels: number): boolean {
  return channels >= 4 && channels <= MOST_CHANNELS && rows * channels >= FEWEST;
}

/** The parts of a tensor, if it is such a result, has not been read yet, and has its channels on the last axis. */
export function affineOf(backend: WasmBackend, { dataId, shape }: TensorInfo): Affine | undefined {
  const affine = isPending(backend, dataId) ? affines.get(dataId) : undefined;
  return affine?.channels === shape.at(-1) ? affine : undefined;
}

export function deferAffine(backend: WasmBackend, shape: readonly number[], affine: Affine): TensorInfo {
  reserveWorkspace(backend, 4 * MOST_ROWS * affine.channels);
  const loans = affine.terms.flatMap(({ deviations: { x, gate } }) =>
    gate === undefined ? [x] : [x, gate.term.deviations.x],
  );
  const result = defer(backend, shape, loans, (out) => compute(backend, affine, out));
  affines.set(result.dataId, affine);
  return result;
}

/** Like {@link deferAffine}, but computes the result now. */
export function runAffine(backend: WasmBackend, shape: readonly number[], affine: Affine): TensorInfo {
  reserveWorkspace(backend, 4 * MOST_ROWS * affine.channels);
  const result = backend.makeOutput(shape, 'float32');
  compute(backend, affine, addressOf(backend, result));
  return result;
}

/** a + b, unless that has too many terms. */
export function addAffines(a: Affine, b: Affine): Affine | undefined {
  const terms = [...a.terms, ...b.terms];
  if (!isSum(a) || !isSum(b) || a.rows !== b.rows || a.channels !== b.channels) return undefined;
  if (terms.length > MOST_TERMS || terms.filter(isGated).length > 1) return undefined;
  const offset =
    a.offset === undefined || b.offset === undefined
      ? (a.offset ?? b.offset)
      : a.offset.map((value, channel) => value + b.offset![channel]!);
  return { rows: a.rows, channels: a.channels, terms, offset };
}

/** An affine times one factor per channel. */
export function scaleAffine(affine: Affine, factor: Float32Array): Affine | undefined {
  if (!isSum(affine)) return undefined;
  const scaled = (row: Float32Array) => row.map((value, channel) => value * factor[channel]!);
  const terms = affine.terms.map((term) => ({ ...term, factor: term.factor ? scaled(term.factor) : factor }));
  return { ...affine, terms, offset: affine.offset && scaled(affine.offset) };
}

/** The affine, clipped. */
export function clipAffine(affine: Affine, clip: Clip): Affine | undefined {
  if (affine.isSquared || affine.terms.length === 0 || affine.terms.some(isGated)) return undefined;
  return { ...affine, clip: affine.clip === undefined ? clip : clipTwice(affine.clip, clip) };
}

/** A gate that lets through where the affine is in the interval. */
export function gateOf(affine: Affine, interval: Interval): Gate | undefined {
  const [term] = affine.terms;
  if (term === undefined || affine.terms.length > 1 || affine.isSquared || isGated(term)) return undefined;
  return { ...(affine.clip === undefined ? interval : beforeClip(interval, affine.clip)), term, offset: affine.offset };
}

/** The gate of an affine that consists of nothing but one gated term. */
export function gatedOf(affine: Affine | undefined): { x: Loan; gate: Gate } | undefined {
  if (affine === undefined || !isSum(affine) || affine.terms.length !== 1 || affine.offset !== undefined)
    return undefined;
  const [{ deviations, factor }] = affine.terms as [Term];
  if (deviations.gate === undefined || factor !== undefined) return undefined;
  return { x: deviations.x, gate: deviations.gate };
}

/** The sum over all rows per channel in double precision, if the result consists of one term. */
export function sumAffine(backend: WasmBackend, affine: Affine): Float64Array | undefined {
  const { rows, channels, terms, offset, isSquared, clip } = affine;
  const [term] = terms;
  if (term === undefined || terms.length > 1 || offset !== undefined || clip !== undefined) return undefined;
  if (isGated(term)) return undefined;
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

function isSum({ isSquared, clip }: Affine): boolean {
  return !isSquared && clip === undefined;
}

function isGated({ deviations }: Term): boolean {
  return deviations.gate !== undefined;
}

function compute(backend: WasmBackend, affine: Affine, out: number): void {
  const { rows, channels, terms, isSquared, clip } = affine;
  const [a, b] = terms.toSorted((a, b) => Number(isGated(b)) - Number(isGated(a)));
  // Added to anything, -0 changes nothing; 0 would change -0.
  const offset = affine.offset ?? -0;
  const { low, high } = clip ?? noClip;
  const place = (...values: Row[]) => placeRows(backend, workspaceOf(backend), channels, values);
  const division = { size: rows, cost: channels };
  if (a === undefined) {
    runInParts(backend, 'spread', [...place(offset), out, rows, channels, 1], division);
  } else if (a.deviations.gate !== undefined) {
    const { x, gate } = a.deviations;
    const [factor, mean, xFactor, xOffset, offsets, bMean, bFactor] = place(
      a.factor ?? 1,
      ...rowsOf(gate.term),
      gate.offset ?? -0,
      offset,
      ...(b === undefined ? [] : rowsOf(b)),
    );
    const gated = [x.address, factor!, gate.term.deviations.x.address, mean!, xFactor!, xOffset!];
    const interval = [gate.low, gate.high, gate.closed ? 1 : 0];
    const added = b === undefined ? [0, 0, 0] : [b.deviations.x.address, bMean!, bFactor!];
    runInParts(backend, 'addGated', [...gated, ...interval, ...added, offsets!, out, channels], division);
  } else if (b === undefined) {
    const placed = place(...rowsOf(a), offset);
    runInParts(backend, 'normalize', [a.deviations.x.address, ...placed, low, high, out, channels], division);
  } else {
    const [aMean, aFactor, bMean, bFactor, offsets] = place(...rowsOf(a), ...rowsOf(b), offset);
    const values = [a.deviations.x.address, aMean!, aFactor!, b.deviations.x.address, bMean!, bFactor!, offsets!];
    runInParts(backend, 'addNormalized', [...values, low, high, out, channels], division);
  }
  if (!isSquared) return;
  runInParts(backend, 'scaledProduct', [out, out, out, 1], { size: rows * channels, cost: 1, grain: 4 });
}

/** One value per channel, or one for all. */
type Row = Float32Array | number;

function rowsOf({ deviations, factor }: Term): [mean: Row, factor: Row] {
  return [deviations.mean ?? 0, factor ?? 1];
}

/** Writes rows one after the other from `address` on, and returns the address of each. */
export function placeRows(backend: WasmBackend, address: number, channels: number, rows: readonly Row[]): number[] {
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
