import {
  type Batches,
  type Check,
  type Classifier,
  type LabeledImages,
  type LongWork,
  reportProgress,
  requireBatches,
  throwIfAborted,
  wilsonInterval,
} from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { requireAllLeft } from '../batches/failures.ts';
import { numbersFrom, randomsOfImages } from '../batches/randoms-of-images.ts';
import { readImages } from './critical-samples.ts';
import { type HostImages, lass, takeRows } from './lass.ts';
import { checkLassOptions, type LassOptions } from './lass-options.ts';

export interface CriticalSampleRatio {
  radius: number;
  /** `critical / images`. */
  ratio: number;
  /** Wilson's interval of the ratio. */
  interval: [low: number, high: number];
  critical: number;
  images: number;
}

/** How far a data set was gone through; plain JSON. */
export interface CriticalSampleState {
  readonly version: 1;
  /** The options that decide the result. */
  readonly settings: string;
  /** Batches done. */
  readonly batches: number;
  readonly images: number;
  /** For each radius. */
  readonly critical: readonly number[];
}

export interface CountOptions extends Omit<LassOptions, 'radius'> {
  /** Of the intervals, between 0 and 1. Default: 0.95. */
  confidence?: number;
  /** Goes on from here: given the same batches and options, to the result that one run would have had. */
  state?: CriticalSampleState;
}

export interface CountProgress {
  ratios: CriticalSampleRatio[];
  /** What a later call takes to go on from here. */
  state: CriticalSampleState;
}

/** The critical sample ratio of a data set at rising radii, where what is critical at one radius is at the next. */
export async function countCriticalSamples(
  check: Check,
  model: Classifier,
  batches: Batches<Tensor4D | Pick<LabeledImages, 'images'>>,
  radii: readonly number[],
  options: CountOptions,
  work: LongWork<CountProgress>,
): Promise<CriticalSampleRatio[]> {
  check.callable('model', model);
  requireBatches(check, 'batches', batches);
  const settings = { ...checkLassOptions(check, options), radii };
  const confidence = check.number('confidence', options.confidence ?? 0.95, { above: 0, below: 1 });
  const fingerprint = JSON.stringify({ ...settings, bounds: options.bounds, seed: options.seed });
  let state = options.state === undefined ? emptyState(fingerprint, radii) : options.state;
  requireState(check, state, fingerprint, radii.length);
  throwIfAborted(work);

  const ratios = (): CriticalSampleRatio[] =>
    state.critical.map((critical, index) => ({
      radius: radii[index]!,
      ratio: critical / state.images,
      interval: wilsonInterval(critical, state.images, confidence),
      critical,
      images: state.images,
    }));

  let batchesSeen = 0;
  for await (const batch of batches) {
    if (batchesSeen++ < state.batches) continue;
    const images = batch instanceof tf.Tensor ? batch : batch?.images;
    const onHost = await readImages(check, model, images, options);
    const count = images.shape[0];
    let remaining = Array.from({ length: count }, (_, image) => image);
    const critical = [...state.critical];
    for (const [index, radius] of radii.entries()) {
      if (remaining.length > 0) {
        const streams = randomsOfImages(options.seed, numbersFrom(state.images, count));
        const found = await lass(
          check,
          model,
          imagesAt(onHost, remaining),
          remaining.map((image) => streams[image]!),
          { ...settings, radius },
          { signal: work.signal },
        );
        requireAllLeft(
          check,
          found.failed,
          remaining.map((image) => state.images + image),
        );
        remaining = remaining.filter((_, position) => !found.critical[position]);
      }
      critical[index]! += count - remaining.length;
    }
    state = { ...state, batches: state.batches + 1, images: state.images + count, critical };
    await reportProgress(work, { ratios: ratios(), state });
  }
  if (state.images === 0) check.fail('range', 'batches', 'at least one batch', []);
  return ratios();
}

function imagesAt({ values, shape }: HostImages, rows: readonly number[]): HostImages {
  return { values: takeRows(values, rows, tf.util.sizeFromShape([...shape])), shape };
}

function emptyState(settings: string, radii: readonly number[]): CriticalSampleState {
  return { version: 1, settings, batches: 0, images: 0, critical: radii.map(() => 0) };
}

function requireState(check: Check, state: CriticalSampleState, settings: string, radii: number): void {
  if (state?.version !== 1) check.fail('range', 'state', 'a state of version 1', state?.version);
  if (state.settings !== settings) check.fail('range', 'state', `of the same options, ${settings}`, state.settings);
  check.number('state.batches', state.batches, { integer: true, min: 0 });
  check.number('state.images', state.images, { integer: true, min: 0 });
  const { critical } = state;
  if (!Array.isArray(critical)) check.fail('type', 'state.critical', 'a list of counts', critical);
  if (critical.length !== radii) check.fail('range', 'state.critical', `${radii} counts`, critical);
  for (const [index, count] of critical.entries()) {
    check.number(`state.critical[${index}]`, count, { integer: true, min: 0, max: state.images });
  }
}
