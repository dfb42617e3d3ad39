import {
  type Batches,
  type Check,
  type Classifier,
  type LabeledImages,
  type LongWork,
  reportProgress,
  requireBatches,
  requireSavedState,
  type SavedState,
  throwIfAborted,
  wilsonInterval,
} from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { countBatches } from '../batches/count-batches.ts';
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

/** The functions that count over a data set, as their saved states name them. */
export type CountKind = 'criticalSampleRatio' | 'criticalSampleSweep';

/** Where a count over a data set stands; plain JSON. */
export interface CriticalSampleState<Kind extends CountKind = CountKind> extends SavedState<Kind> {
  /** The options that decide the result. */
  readonly settings: string;
  /** Batches counted so far. */
  readonly batches: number;
  /** Images in these batches. */
  readonly images: number;
  /** Critical images at each radius. */
  readonly critical: readonly number[];
}

export interface CountOptions<Kind extends CountKind> extends Omit<LassOptions, 'radius'> {
  /** Level of the intervals, above 0 and below 1. Default: 0.95. */
  level?: number;
  /**
   * Resumes from a state of `progress.state()`. With the same model, batches and options the result is that of a single
   * run.
   */
  resume?: CriticalSampleState<Kind>;
}

export interface CountProgress<Kind extends CountKind> {
  /** Batches counted so far. */
  done: number;
  /** Batches in all, where `batches` is an array; otherwise as many as `done`. */
  total: number;
  /** The ratio so far at each radius. */
  ratios: CriticalSampleRatio[];
  /** The state from which a later call can resume; plain JSON. */
  state(): CriticalSampleState<Kind>;
}

/** Counts critical samples over a data set at rising radii. An image that is critical at one radius counts at the next. */
export async function countCriticalSamples<Kind extends CountKind>(
  check: Check,
  kind: Kind,
  model: Classifier,
  batches: Batches<Tensor4D | Pick<LabeledImages, 'images'>>,
  radii: readonly number[],
  options: CountOptions<Kind>,
  work: LongWork<CountProgress<Kind>>,
): Promise<CriticalSampleRatio[]> {
  check.callable('model', model);
  requireBatches(check, 'batches', batches);
  const settings = { ...checkLassOptions(check, options), radii };
  const level = check.number('level', options.level ?? 0.95, { above: 0, below: 1 });
  const format = { kind, version: 1 } as const;
  const start = { ...format, settings: JSON.stringify({ ...settings, bounds: options.bounds }), batches: 0, images: 0 };
  let state: CriticalSampleState<Kind> = options.resume ?? { ...start, critical: radii.map(() => 0) };
  requireState(check, state, format, start.settings, radii.length);
  throwIfAborted(work);

  const ratios = (): CriticalSampleRatio[] =>
    state.critical.map((critical, index) => ({
      radius: radii[index]!,
      ratio: critical / state.images,
      interval: wilsonInterval(critical, state.images, level),
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
        const streams = randomsOfImages(settings.seed, numbersFrom(state.images, count));
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
    const saved = state;
    const total = countBatches(batches, saved.batches);
    await reportProgress(work, { done: saved.batches, total, ratios: ratios(), state: () => saved });
  }
  if (state.images === 0) check.fail('range', 'batches', 'at least one batch', []);
  return ratios();
}

function imagesAt({ values, shape }: HostImages, rows: readonly number[]): HostImages {
  return { values: takeRows(values, rows, tf.util.sizeFromShape([...shape])), shape };
}

function requireState<Kind extends CountKind>(
  check: Check,
  state: CriticalSampleState<Kind>,
  format: SavedState<Kind>,
  settings: string,
  radii: number,
): void {
  requireSavedState(check, state, format);
  if (state.settings !== settings) check.fail('range', 'resume.settings', settings, state.settings);
  check.number('resume.batches', state.batches, { integer: true, min: 0 });
  check.number('resume.images', state.images, { integer: true, min: 0 });
  const { critical } = state;
  if (!Array.isArray(critical)) check.fail('type', 'resume.critical', 'a list of counts', critical);
  if (critical.length !== radii) check.fail('range', 'resume.critical', `${radii} counts`, critical);
  for (const [index, count] of critical.entries()) {
    check.number(`resume.critical[${index}]`, count, { integer: true, min: 0, max: state.images });
  }
}
