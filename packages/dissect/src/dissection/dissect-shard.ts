import { checker, type LongWork, reportProgress, requireLongWork, restoring, throwIfAborted } from '@cnnviz/internal';
import type { DissectionTallyState } from '../tallies/dissection-tally.ts';
import type { TopActivationsState } from '../tallies/top-activations-tally.ts';
import type { TopImagesState } from '../tallies/top-images.ts';
import type { UnitThresholdsState } from '../tallies/unit-thresholds.ts';
import { compareMasks, countedLayers } from './compare-masks.ts';
import {
  type DissectLayersOptions,
  type Run,
  resolveOptions,
  type SharedDissectionOptions,
} from './dissection-options.ts';
import type { DissectionSettings, DissectionState } from './dissection-state.ts';
import { findThresholds } from './find-thresholds.ts';
import { batchesOf, indicesFrom } from './image-batches.ts';
import { failForThresholds } from './require-thresholds.ts';
import { restoreLayers } from './resume-dissection.ts';
import { savedOptions } from './saved-options.ts';

/** Options of `dissectShard`. */
export interface DissectShardOptions
  extends SharedDissectionOptions,
    Pick<DissectLayersOptions, 'probe' | 'upsampling'>,
    LongWork<ShardProgress> {
  /** Index of the shard's first image, and of the one after its last. */
  images: readonly [first: number, end: number];
  /**
   * The state that `mergeShards` made of the shards of all images, found without this option. Masks and labels are compared
   * with its thresholds. Default: the shard is one of the first phase, which finds thresholds.
   */
  thresholds?: DissectionState;
}

/** How far a shard is. */
export interface ShardProgress {
  /** Images of the shard that are processed. */
  done: number;
  /** Images of the shard. */
  total: number;
}

/** What one phase of a dissection found in some of the images. Plain JSON. */
export type DissectionShard = ThresholdsShard | MasksShard;

interface Shard {
  kind: 'dissectShard';
  version: 1;
  images: [first: number, end: number];
  /** The options and data that it was found with. */
  options: DissectionSettings;
}

/** What the first phase found in some of the images. */
export interface ThresholdsShard extends Shard {
  phase: 'thresholds';
  layers: {
    layer: string;
    mapSize: [number, number];
    thresholds: UnitThresholdsState;
    top: TopActivationsState | null;
  }[];
}

/** What the second phase found in some of the images. */
export interface MasksShard extends Shard {
  phase: 'masks';
  layers: { layer: string; tally: DissectionTallyState; masks: TopImagesState['masks'] }[];
}

/** Kind and version that a shard begins with. */
export const shardFormat = { kind: 'dissectShard', version: 1 } as const;

/**
 * Does the part of `dissectLayers` that concerns some of the images, so that several processes or machines share the work.
 *
 * A dissection in shards has two phases. In the first, each image belongs to one shard without `thresholds`, and
 * `mergeShards` joins these shards. In the second, each image belongs to one shard with the resulting `thresholds`, and
 * `mergeShards` joins these too. `dissectLayers` resumes from the state that this gives, and makes the result without
 * looking at an image. All calls get the same data and options. However the images are split, the result is that of
 * `dissectLayers` alone, to the bit, if the probe gives the same bits everywhere.
 *
 * Processes exchange nothing but shards, so the images go through the network in both phases. The probe answers at once or
 * later.
 *
 * @returns Plain JSON.
 * @throws RangeError if `images` is not a range of the data, and as `dissectLayers` does.
 * @throws TypeError as `dissectLayers` does.
 * @throws Error if `thresholds` are not those of all images or were found with other options, and as `dissectLayers` does.
 * @see Bau, Zhou, Khosla, Oliva, Torralba, "Network Dissection", CVPR 2017, https://arxiv.org/abs/1704.05796.
 *
 * @example
 * import { conceptScenes, dissectLayers, dissectShard, mergeShards } from '@cnnviz/dissect';
 *
 * const options = {
 *   probe: (images: tf.Tensor4D) => ({ pixels: images }),
 *   concepts: conceptScenes({ seed: 0, count: 4, size: 32 }),
 *   upsampling: { pixels: 'half-pixel' },
 * } as const;
 * const first = [await dissectShard({ ...options, images: [0, 3] }), await dissectShard({ ...options, images: [3, 4] })];
 * const thresholds = await mergeShards(first, { count: 4 });
 * const second = [await dissectShard({ ...options, thresholds, images: [0, 4] })];
 * const state = await mergeShards(second, { count: 4, thresholds });
 * const [dissection] = await dissectLayers({ ...options, resume: state });
 */
export async function dissectShard(options: DissectShardOptions): Promise<DissectionShard> {
  const check = checker('@cnnviz/dissect', 'dissectShard');
  check.options(options);
  requireLongWork(check, options);
  const { images: range, thresholds, onProgress: _, ...shared } = options;
  const { chance: __, ...own } = shared as DissectLayersOptions;
  const run: Run = { check, options: resolveOptions(check, own) };
  const { count } = run.options.concepts;
  const first = check.number('images[0]', range?.[0], { integer: true, min: 0, max: count - 1 });
  const end = check.number('images[1]', range[1], { integer: true, min: first + 1, max: count });
  throwIfAborted(options);
  return thresholds === undefined
    ? thresholdsShard(run, [first, end], options)
    : masksShard(run, [first, end], thresholds, options);
}

async function thresholdsShard(
  run: Run,
  images: [first: number, end: number],
  work: LongWork<ShardProgress>,
): Promise<ThresholdsShard> {
  const [first, last] = images;
  const layers = await findThresholds(run, {
    images,
    onBatch: (end) => reportProgress(work, { done: end - first, total: last - first }),
  });
  return {
    ...shardFormat,
    phase: 'thresholds',
    images,
    options: savedOptions(run.options),
    layers: layers.map(({ name: layer, mapSize, thresholds, topImages }) => ({
      layer,
      mapSize,
      thresholds: thresholds.state(),
      top: topImages?.state().top ?? null,
    })),
  };
}

async function masksShard(
  run: Run,
  images: [first: number, end: number],
  state: DissectionState,
  work: LongWork<ShardProgress>,
): Promise<MasksShard> {
  const { check, options } = run;
  const { count } = options.concepts;
  const layers = restoring(check, 'thresholds', () => restoreLayers(run, state, 'thresholds'));
  if (layers === null || state.phase !== 'thresholds' || state.images !== count) return failForThresholds(check, count);
  const counted = countedLayers(run, layers);
  const indices = indicesFrom(...images);
  let done = 0;
  await compareMasks(run, counted, {
    groups: batchesOf(indices, options.batchSize),
    signal: work.signal,
    onGroup: (group) => {
      done += group.length;
      return reportProgress(work, { done, total: indices.length });
    },
  });
  return {
    ...shardFormat,
    phase: 'masks',
    images,
    options: savedOptions(options),
    layers: counted.map(({ name: layer, tally, topImages }) => ({
      layer,
      tally: tally.state(),
      masks: topImages?.state().masks ?? [],
    })),
  };
}
