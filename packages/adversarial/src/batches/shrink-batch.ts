import { takeRows } from '@cnnviz/internal';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { joinParts, type Part, takeImages } from './take-images.ts';

/**
 * Above this share of rows still at work a batch stays as it is: each smaller batch costs a copy of all that is held,
 * and on some backends a compilation.
 */
export const fullEnough = 0.75;

/** The rows of a batch that an attack still works on. */
export interface Shrinking<Held, Row> {
  /** Tensors with one entry per row. */
  held: Held;
  /** What the host knows of each row. */
  rows: Row[];
}

/** The rows that meet a condition. */
export function rowsWhere<T>(values: readonly T[], isWanted: (value: T, row: number) => boolean): number[] {
  return values.flatMap((value, row) => (isWanted(value, row) ? [row] : []));
}

/** The values at the given rows. */
export function pickRows<T>(values: readonly T[], rows: readonly number[]): T[] {
  return rows.map((row) => values[row]!);
}

/**
 * Makes a batch smaller once enough of its images are done, and sets the images of the others aside.
 *
 * @param isGoing Whether the attack still works on a row. At least one row must be going.
 * @param finished The images of the batch, of which those that are done are set aside.
 * @param parts Receives the images that are done, with their places in the whole batch.
 * @returns The smaller batch, of which the tensors that were held are disposed; or the same where most rows are going.
 */
export function shrinkBatch<Held extends { [name in keyof Held]: Tensor }, Row extends { place: number }>(
  batch: Shrinking<Held, Row>,
  isGoing: (row: Row, index: number) => boolean,
  finished: Tensor4D,
  parts: Part[],
): Shrinking<Held, Row> {
  const { held, rows } = batch;
  const going = rowsWhere(rows, isGoing);
  if (going.length > fullEnough * rows.length) return batch;
  const done = rowsWhere(rows, (row, index) => !isGoing(row, index));
  parts.push({ places: done.map((row) => rows[row]!.place), images: takeImages(finished, done) });
  const smaller = tf.tidy(() => takeAll(held, going));
  tf.dispose({ ...held });
  return { held: smaller, rows: pickRows(rows, going) };
}

/** The images that were set aside, and the last of the batch, in the order of the whole batch. The caller disposes. */
export function joinBatch(parts: readonly Part[], rows: readonly { place: number }[], images: Tensor4D): Tensor4D {
  return joinParts([...parts, { places: rows.map(({ place }) => place), images }]);
}

function takeAll<Held extends { [name in keyof Held]: Tensor }>(held: Held, rows: readonly number[]): Held {
  const entries = Object.entries(held) as [string, Tensor][];
  return Object.fromEntries(entries.map(([name, tensor]) => [name, takeRows(tensor, rows)])) as Held;
}
