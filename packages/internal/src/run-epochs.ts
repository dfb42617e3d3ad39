import { requireBatches } from './batches.ts';
import type { Check } from './check.ts';
import type { Batches } from './contracts.ts';
import { type LongWork, reportProgress, requireLongWork, throwIfAborted } from './long-work.ts';

/** Batches to go through in every epoch, or a function that gives those of each epoch, counted from 0. */
export type BatchesOfEpochs<Batch> = Batches<Batch> | ((epoch: number) => Batches<Batch>);

/** How far a training has come. */
export interface TrainingPosition {
  /** The epoch to continue with, from 0. */
  readonly epoch: number;
  /** Batches of that epoch that are done. */
  readonly batch: number;
  /** Batches of all epochs that are done. */
  readonly done: number;
}

/** What every training says about its progress, after each batch and once more at the end of each epoch. */
export interface TrainingProgress<State> {
  /** Batches that are done, of all epochs. */
  done: number;
  /**
   * Batches of all epochs. Exact from the start if the batches of an epoch have a `length`, as an array has; otherwise
   * from the end of the first epoch, and too small before.
   */
  total: number;
  /** From 0. */
  epoch: number;
  /** Batches of the epoch that are done. */
  batch: number;
  /** Makes the state that `resume` takes, weights included. Call it before `onProgress` is done. */
  state(): Promise<State>;
}

/** The options that every training has. */
export interface TrainingOptions<Progress, State> extends LongWork<Progress> {
  /** Passes through all batches, >= 1. */
  epochs: number;
  /** Called with the state after each epoch, to save it. Awaited. */
  onCheckpoint?: ((state: State) => void | Promise<void>) | undefined;
  /** Batches between two calls of `onCheckpoint` within an epoch. Default: it is only called after each epoch. */
  checkpointEvery?: number | undefined;
}

/** The parts of a training that are its own. They are called in the order in which they stand here. */
export interface Epochs<Batch, Measures, Record, State> {
  batches: BatchesOfEpochs<Batch>;
  /** Where a saved training stopped; the batches before are read again and skipped. Default: the start. */
  from?: TrainingPosition | undefined;
  /** Whether to end before the last epoch; asked before each. */
  isOver?(): boolean;
  /** Called before the first batch of an epoch, also of one that is resumed in the middle. */
  startEpoch?(epoch: number): void;
  /** Learns from one batch. */
  step(batch: Batch, at: { epoch: number; batch: number }): Promise<void>;
  /** What was measured in the epoch so far. */
  measures(epoch: number): Measures;
  /** Ends an epoch: measures, records, decides whether to go on. */
  finishEpoch(epoch: number, batches: number): Promise<Record>;
  /** All that the training continues from at this position. */
  state(position: TrainingPosition): Promise<State>;
}

/**
 * Runs the epochs of a training: reads batches, skips those done before a resume, takes a step for each, lets the event
 * loop run, reports progress, saves states and ends on an abort.
 *
 * @throws RangeError if an epoch has no batch, or fewer than were done before the resume.
 * @throws The signal's reason if it is aborted.
 */
export async function runEpochs<Batch, Measures extends object, Record, State>(
  check: Check,
  options: TrainingOptions<TrainingProgress<State> & Measures & { record?: Record }, State>,
  training: Epochs<Batch, Measures, Record, State>,
): Promise<void> {
  const { epochs, onCheckpoint, checkpointEvery } = options;
  const { batches, from = { epoch: 0, batch: 0, done: 0 } } = training;
  let { done } = from;
  let inAnEpoch = from.epoch > 0 ? Math.round((done - from.batch) / from.epoch) : undefined;
  let reported: TrainingPosition | undefined;
  const saveAt = async (position: TrainingPosition) => onCheckpoint?.(await training.state(position));

  for (let epoch = from.epoch; epoch < epochs && !training.isOver?.(); epoch++) {
    const report = async (
      batch: number,
      length: number,
      position: TrainingPosition,
      measures: Measures,
      record?: Record,
    ) => {
      reported = position;
      const state = async () => {
        if (reported !== position) check.failBecause('state', 'state() must be called before onProgress is done');
        return training.state(position);
      };
      const total = done - batch + (epochs - epoch) * Math.max(batch, length);
      const isEnd = record !== undefined && { record };
      await reportProgress(options, { done, total, epoch, batch, ...measures, ...isEnd, state });
      reported = undefined;
    };

    training.startEpoch?.(epoch);
    const source = batchesOfEpoch(check, batches, epoch);
    inAnEpoch = lengthOf(source) ?? inAnEpoch;
    const skipped = epoch === from.epoch ? from.batch : 0;
    let batch = 0;
    for await (const examples of source) {
      if (batch++ < skipped) continue;
      throwIfAborted(options);
      await training.step(examples, { epoch, batch: batch - 1 });
      const position = { epoch, batch, done: ++done };
      if (checkpointEvery !== undefined && batch % checkpointEvery === 0) await saveAt(position);
      // While the length of an epoch is unknown, at least one more batch is expected.
      await report(batch, inAnEpoch ?? batch + 1, position, training.measures(epoch));
    }
    if (batch === 0) check.fail('range', 'batches', 'at least one batch', []);
    if (batch < skipped) check.fail('range', 'batches', `the ${skipped} that were done before, or more`, batch);

    inAnEpoch = batch;
    const measures = training.measures(epoch);
    const record = await training.finishEpoch(epoch, batch);
    const position = { epoch: epoch + 1, batch: 0, done };
    await saveAt(position);
    await report(batch, batch, position, measures, record);
  }
}

/** Throws unless the options that every training has are what they must be. */
export function requireTraining<Progress, State>(
  check: Check,
  batches: BatchesOfEpochs<unknown>,
  options: TrainingOptions<Progress, State>,
): void {
  if (typeof batches !== 'function') requireBatches(check, 'batches', batches);
  requireLongWork(check, check.options(options));
  const { epochs, onCheckpoint, checkpointEvery } = options;
  check.number('epochs', epochs, { integer: true, min: 1 });
  if (onCheckpoint !== undefined) check.callable('onCheckpoint', onCheckpoint);
  if (checkpointEvery !== undefined) check.number('checkpointEvery', checkpointEvery, { integer: true, min: 1 });
}

/** Throws unless a saved state says how far its training had come. */
export function requirePosition(check: Check, name: string, { epoch, batch, done }: TrainingPosition): void {
  check.number(`${name}.epoch`, epoch, { integer: true, min: 0 });
  check.number(`${name}.batch`, batch, { integer: true, min: 0 });
  check.number(`${name}.done`, done, { integer: true, min: batch });
}

function batchesOfEpoch<Batch>(check: Check, batches: BatchesOfEpochs<Batch>, epoch: number): Batches<Batch> {
  return typeof batches === 'function' ? requireBatches(check, `batches(${epoch})`, batches(epoch)) : batches;
}

/** The number of batches of an array, or of any iterable that has a `length`. */
function lengthOf(batches: Batches<unknown>): number | undefined {
  const { length } = batches as { length?: unknown };
  return typeof length === 'number' && Number.isInteger(length) && length > 0 ? length : undefined;
}
