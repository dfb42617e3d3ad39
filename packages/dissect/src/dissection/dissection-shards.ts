import {
  type Check,
  checker,
  type LongWork,
  reportProgress,
  requireLongWork,
  restoring,
  throwIfAborted,
} from '@cnnviz/internal';
import type { ConceptImage } from '../data/concepts.ts';
import { iterated } from '../data/iterated.ts';
import { DissectionTally, type DissectionTallyState } from '../tallies/dissection-tally.ts';
import { type TopActivations, TopActivationsTally } from '../tallies/top-activations-tally.ts';
import type { TopImagesState } from '../tallies/top-images.ts';
import { mapsAbove, unitMasks } from '../tallies/unit-masks.ts';
import { requireFiniteActivations, UnitThresholds, type UnitThresholdsState } from '../tallies/unit-thresholds.ts';
import {
  activationsOf,
  batchesOf,
  checkOptions,
  createLayer,
  type DissectionState,
  type DissectLayersOptions,
  type ImageActivations,
  indicesFrom,
  type Layer,
  type Run,
  readImages,
  requireSameMaps,
  restoreLayers,
  slotsOf,
} from './dissect.ts';
import { requireSameOptions, type SavedOptions, savedOptions } from './saved-options.ts';

type Shared = Omit<
  DissectLayersOptions,
  'activationMemory' | 'chance' | 'state' | 'onActivations' | 'onMasks' | 'onProgress'
>;

export interface DissectShardOptions extends Shared, LongWork<ShardProgress> {
  /** Number of the first image and of the one after the last. */
  images: readonly [first: number, end: number];
  /**
   * What `mergeShards` made of the shards of all images, found without this option: masks and labels are compared by
   * these thresholds. Default: the thresholds are yet to be found.
   */
  thresholds?: DissectionState;
}

export interface ShardProgress {
  /** Images of the shard that are done, and of how many. */
  images: number;
  count: number;
}

/** What one phase of a dissection found in some of the images. Plain JSON. */
export type DissectionShard = ThresholdsShard | MasksShard;

interface ThresholdsShard {
  kind: 'DissectionShard';
  phase: 'thresholds';
  images: [first: number, end: number];
  /** What it was found with. */
  options: SavedOptions;
  layers: { layer: string; mapSize: [number, number]; thresholds: UnitThresholdsState; top: TopActivations | null }[];
}

interface MasksShard {
  kind: 'DissectionShard';
  phase: 'masks';
  images: [first: number, end: number];
  /** What it was found with. */
  options: SavedOptions;
  layers: { layer: string; tally: DissectionTallyState; masks: TopImagesState['masks'] }[];
}

/**
 * The part of `dissectLayers` that concerns some of the images, for several processes or machines to share the work.
 *
 * First each image is in one shard without `thresholds`, and `mergeShards` joins these; then each is in one shard with
 * the `thresholds` that came of it, and `mergeShards` joins these too. What that gives is a state that `dissectLayers`
 * takes, and makes the result of without looking at an image. All are given the same data and options, however the
 * images are split: the result is that of `dissectLayers` alone, to the bit, if the probe gives the same bits everywhere.
 *
 * Nothing but the shards goes from one process to another, so the images go through the network in both phases. The probe
 * answers at once or later.
 *
 * @returns Plain JSON.
 * @throws RangeError if `images` is not a range of the data, and as `dissectLayers` does.
 * @throws TypeError as `dissectLayers` does.
 * @throws Error if `thresholds` are not those of all images or of other options, and as `dissectLayers` does.
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
 * const [dissection] = await dissectLayers({ ...options, state });
 */
export async function dissectShard(options: DissectShardOptions): Promise<DissectionShard> {
  const check = checker('@cnnviz/dissect', 'dissectShard');
  check.options(options);
  requireLongWork(check, options);
  const { images: range, thresholds, onProgress: _, ...shared } = options;
  const count = checkOptions(check, shared);
  const first = check.number('images[0]', range?.[0], { integer: true, min: 0, max: count - 1 });
  const end = check.number('images[1]', range[1], { integer: true, min: first + 1, max: count });
  const run: Run = { check, options: shared, names: Object.keys(shared.upsampling) };
  const images: [number, number] = [first, end];
  return thresholds === undefined
    ? findThresholds(run, images, options)
    : compareMasks(run, images, thresholds, options);
}

async function findThresholds(run: Run, images: [number, number], work: LongWork<ShardProgress>) {
  let layers: Layer[] | null = null;
  await forEachImage(run, images, work, ({ number, maps }) => {
    layers ??= maps.map((map, index) => createLayer(run, run.names[index]!, map));
    requireSameMaps(run.check, layers, maps, number);
    for (const [index, { mapSize, thresholds, topImages }] of layers.entries()) {
      const { activations, maxima } = maps[index]!;
      thresholds.add(number, activations);
      topImages?.add(number, activations, mapSize, maxima);
    }
  });
  const found = layers as Layer[] | null;
  return {
    kind: 'DissectionShard' as const,
    phase: 'thresholds' as const,
    images,
    options: savedOptions(run.options),
    layers: found!.map(({ name: layer, mapSize, thresholds, topImages }) => ({
      layer,
      mapSize,
      thresholds: thresholds.state(),
      top: topImages?.state().top ?? null,
    })),
  };
}

async function compareMasks(run: Run, images: [number, number], state: DissectionState, work: LongWork<ShardProgress>) {
  const { check, options } = run;
  const { concepts, keepImages = false } = options;
  const layers = restoring(check, 'thresholds', () => restoreLayers(run, state));
  if (layers === null || state.phase !== 'thresholds' || state.images !== concepts.count) {
    return failForThresholds(check, concepts.count);
  }
  const { concepts: labels, categories, repeatedLabels } = slotsOf(run);
  const { labelSize } = concepts;
  const counted = layers.map(({ thresholds, ...layer }) => {
    const limits = thresholds.result().thresholds;
    const units = limits.length;
    const counted = { units, concepts: labels, categories, labelSize, keepImages, repeatedLabels };
    const tally = new DissectionTally(counted);
    return { ...layer, limits, tally };
  });
  await forEachImage(run, images, work, ({ number, image, maps }) => {
    requireSameMaps(check, layers, maps, number);
    for (const [index, { limits, tally, interpolation, topImages }] of counted.entries()) {
      const { activations, maxima } = maps[index]!;
      const masks = unitMasks(mapsAbove(activations, limits, maxima), limits, interpolation);
      tally.add(number, image, masks);
      topImages?.addMasks(number, masks, labelSize);
    }
  });
  return {
    kind: 'DissectionShard' as const,
    phase: 'masks' as const,
    images,
    options: savedOptions(options),
    layers: counted.map(({ name: layer, tally, topImages }) => ({
      layer,
      tally: tally.state(),
      masks: topImages?.state().masks ?? [],
    })),
  };
}

async function forEachImage(
  run: Run,
  [first, end]: readonly [number, number],
  work: LongWork<ShardProgress>,
  visit: (visited: { number: number; image: ConceptImage; maps: ImageActivations }) => void,
): Promise<void> {
  const { batchSize = 8 } = run.options;
  for (const numbers of batchesOf(indicesFrom(first, end), batchSize)) {
    throwIfAborted(work);
    const images = await readImages(run, numbers);
    const batch = await activationsOf(run, images, numbers);
    for (const [row, number] of numbers.entries()) {
      for (const { activations, units } of batch[row]!) {
        requireFiniteActivations(run.check, number, activations, units);
      }
      visit({ number, image: images[row]!, maps: batch[row]! });
    }
    await reportProgress(work, { images: numbers.at(-1)! + 1 - first, count: end - first });
  }
}

export interface MergeShardsOptions {
  /** How many images the data have. */
  count: number;
  /** What came of the shards of the phase before, where these are of the second. */
  thresholds?: DissectionState;
}

/**
 * Joins what `dissectShard` found, in any order; one shard after another, so that they need not all be in memory.
 *
 * @param shards Those of one phase, in which each image is once.
 * @returns What the shards of the second phase take as `thresholds`; of the second phase what `dissectLayers` takes as
 *   `state`.
 * @throws RangeError if an image is in no shard, or in two; says which.
 * @throws TypeError if something is no shard.
 * @throws Error if the shards are of different phases, layers or options.
 */
export async function mergeShards(
  shards: Iterable<DissectionShard> | AsyncIterable<DissectionShard>,
  options: MergeShardsOptions,
): Promise<DissectionState> {
  const check = checker('@cnnviz/dissect', 'mergeShards');
  check.options(options);
  const { count, thresholds } = options;
  check.number('count', count, { integer: true, min: 1 });
  const there: [first: number, end: number][] = [];
  let found = thresholds?.options;
  async function* ofPhase<P extends DissectionShard['phase']>(phase: P) {
    for await (const shard of iterated(check, 'shards', 'a list of shards', shards)) {
      if (shard?.kind !== 'DissectionShard') check.fail('type', 'shards', 'what dissectShard gave', shard);
      const own = check.oneOf('phase of a shard', shard.phase, ['thresholds', 'masks']);
      if (own !== phase) {
        check.failBecause('state', `a shard of the phase ${own} is among those of the phase ${phase}`);
      }
      const [first, end] = restoring(check, 'a shard', () => [...shard.images]) as [number, number];
      check.number('images[0] of a shard', first, { integer: true, min: 0, max: count - 1 });
      check.number('images[1] of a shard', end, { integer: true, min: first + 1, max: count });
      const twice = there
        .filter((other) => other[0] < end && first < other[1])
        .map((other) => Math.max(first, other[0]));
      if (twice.length > 0) check.failBecause('range', `image ${Math.min(...twice)} is in two shards`);
      there.push([first, end]);
      yield shard as Extract<DissectionShard, { phase: P }>;
      found ??= shard.options;
      requireSameOptions(check, 'a shard', shard.options, found);
    }
  }
  const layers =
    thresholds === undefined
      ? await mergeThresholds(check, ofPhase('thresholds'))
      : await mergeMasks(check, ofPhase('masks'), layersOf(check, thresholds, count));
  let missing = 0;
  for (const [first, end] of [...there.sort((a, b) => a[0] - b[0]), [count, count]] as const) {
    if (first > missing) check.failBecause('range', `images ${missing} to ${first - 1} are in no shard`);
    missing = end;
  }
  const phase = thresholds === undefined ? 'thresholds' : 'masks';
  return { kind: 'Dissection', phase, images: count, options: found!, kinds: [], layers };
}

function layersOf(check: Check, state: DissectionState, count: number): DissectionState['layers'] {
  const { kind, phase, images, layers } = state ?? {};
  const isWhole = kind === 'Dissection' && phase === 'thresholds' && images === count && Array.isArray(layers);
  const areNamed = isWhole && [...layers].every((each) => typeof each?.layer === 'string');
  return areNamed ? layers : failForThresholds(check, count);
}

function failForThresholds(check: Check, count: number): never {
  return check.failBecause('state', `thresholds must be those of all ${count} images, as mergeShards gives them`);
}

async function mergeThresholds(
  check: Check,
  shards: AsyncIterable<ThresholdsShard>,
): Promise<DissectionState['layers']> {
  let merged: {
    layer: string;
    mapSize: [number, number];
    name: string;
    sought: UnitThresholds;
    top: TopActivationsTally | null;
  }[] = [];
  for await (const { layers } of shards) {
    const read = restoring(check, 'a shard', () =>
      [...layers].map(({ layer, mapSize, thresholds, top }) => ({
        layer: nameOf(layer),
        mapSize,
        name: `${nameOf(layer)} (${mapSize.join(' x ')})`,
        sought: UnitThresholds.from(thresholds),
        top: top ? TopActivationsTally.from(top) : null,
      })),
    );
    if (merged.length === 0) {
      merged = read;
      continue;
    }
    requireSame(
      check,
      merged.map(({ name }) => name),
      read.map(({ name }) => name),
    );
    for (const [index, { sought, top }] of read.entries()) {
      merged[index]!.sought.merge(sought);
      const known = merged[index]!.top;
      if (top && known) known.merge(top);
      else if (top !== known) check.failBecause('state', 'either all shards have top images or none does');
    }
  }
  return merged.map(({ layer, mapSize, sought, top }) => ({
    layer,
    mapSize,
    thresholds: sought.state(),
    topImages: top && { top: top.result(), masks: [] },
    tally: null,
    chance: null,
  }));
}

async function mergeMasks(
  check: Check,
  shards: AsyncIterable<MasksShard>,
  before: DissectionState['layers'],
): Promise<DissectionState['layers']> {
  const merged = before.map(() => ({ tally: null as DissectionTally | null, masks: [] as TopImagesState['masks'] }));
  for await (const { layers } of shards) {
    const read = restoring(check, 'a shard', () =>
      [...layers].map(({ layer, tally, masks }) => ({
        layer: nameOf(layer),
        tally: DissectionTally.from(tally),
        masks: [...masks],
      })),
    );
    requireSame(
      check,
      before.map(({ layer }) => layer),
      read.map(({ layer }) => layer),
    );
    for (const [index, { tally, masks }] of read.entries()) {
      const into = merged[index]!;
      if (into.tally === null) into.tally = tally;
      else into.tally.merge(tally);
      for (const mask of masks) into.masks.push(mask);
    }
  }
  return before.map(({ topImages, ...layer }, index) => ({
    ...layer,
    topImages: topImages && { ...topImages, masks: merged[index]!.masks },
    tally: merged[index]!.tally?.state() ?? null,
  }));
}

function requireSame(check: Check, ours: readonly string[], theirs: readonly string[]): void {
  if (JSON.stringify(ours) === JSON.stringify(theirs)) return;
  check.failBecause(
    'state',
    `shards of the layers ${theirs.join(', ')} cannot be joined to those of ${ours.join(', ')}`,
  );
}

function nameOf(layer: unknown): string {
  if (typeof layer !== 'string') throw new TypeError('a layer of it has no name');
  return layer;
}
