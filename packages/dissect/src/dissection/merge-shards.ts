import { type Check, checker, requireSavedState, restoring } from '@cnnviz/internal';
import { iterated } from '../data/iterated.ts';
import { DissectionTally } from '../tallies/dissection-tally.ts';
import { TopActivationsTally } from '../tallies/top-activations-tally.ts';
import type { TopImagesState } from '../tallies/top-images.ts';
import { UnitThresholds } from '../tallies/unit-thresholds.ts';
import { type DissectionShard, type MasksShard, shardFormat, type ThresholdsShard } from './dissect-shard.ts';
import type { DissectionSettings, DissectionState } from './dissection-state.ts';
import { failForThresholds } from './require-thresholds.ts';
import { dissectionFormat } from './resume-dissection.ts';
import { requireSameOptions } from './saved-options.ts';

/** Options of `mergeShards`. */
export interface MergeShardsOptions {
  /** Number of images in the data. */
  count: number;
  /** The merged shards of the first phase, to merge shards of the second. Default: the shards are of the first phase. */
  thresholds?: DissectionState;
}

type Shards = Iterable<DissectionShard> | AsyncIterable<DissectionShard>;

/**
 * Joins the shards of one phase that `dissectShard` found, in any order. Shards are read one after another, so they need
 * not all be in memory.
 *
 * @param shards Shards of one phase, with each image in exactly one of them.
 * @returns After the first phase, the state that shards of the second take as `thresholds`. After the second, the state
 *   that `dissectLayers` takes as `resume`. Plain JSON.
 * @throws RangeError if an image is in no shard or in two, and names it; if a shard is of another kind or version.
 * @throws TypeError if something is no shard.
 * @throws Error if the shards are of different phases, layers or options, or damaged.
 * @see Bau, Zhou, Khosla, Oliva, Torralba, "Network Dissection", CVPR 2017, https://arxiv.org/abs/1704.05796.
 *
 * @example
 * import { conceptScenes, dissectShard, mergeShards } from '@cnnviz/dissect';
 *
 * const options = {
 *   probe: (images: tf.Tensor4D) => ({ pixels: images }),
 *   concepts: conceptScenes({ seed: 0, count: 4, size: 32 }),
 *   upsampling: { pixels: 'half-pixel' },
 * } as const;
 * const shards = [await dissectShard({ ...options, images: [0, 2] }), await dissectShard({ ...options, images: [2, 4] })];
 * const thresholds = await mergeShards(shards, { count: 4 });
 */
export async function mergeShards(shards: Shards, options: MergeShardsOptions): Promise<DissectionState> {
  const check = checker('@cnnviz/dissect', 'mergeShards');
  const { count, thresholds } = check.options(options);
  check.number('count', count, { integer: true, min: 1 });
  const phase = thresholds === undefined ? 'thresholds' : 'masks';
  const read = new ReadShards(check, count, thresholds?.options);
  const layers =
    thresholds === undefined
      ? await mergeThresholds(check, read.shardsOf('thresholds', shards))
      : await mergeMasks(check, read.shardsOf('masks', shards), layersOf(check, thresholds, count));
  read.requireAll();
  return { ...dissectionFormat, phase, images: count, options: read.options!, kinds: [], layers };
}

/** Reads shards, checks them, and remembers which images they cover. */
class ReadShards {
  readonly #check: Check;
  readonly #count: number;
  readonly #ranges: [first: number, end: number][] = [];
  /** Those of the first shard, if not given. */
  options: DissectionSettings | undefined;

  constructor(check: Check, count: number, options: DissectionSettings | undefined) {
    this.#check = check;
    this.#count = count;
    this.options = options;
  }

  async *shardsOf<P extends DissectionShard['phase']>(phase: P, shards: Shards) {
    const check = this.#check;
    for await (const shard of iterated(check, 'shards', 'a list of shards', shards)) {
      requireSavedState(check, shard, shardFormat, 'a shard');
      const own = check.oneOf('phase of a shard', shard.phase, ['thresholds', 'masks']);
      if (own !== phase) {
        check.failBecause('state', `expected shards of the phase ${phase}, got one of the phase ${own}`);
      }
      this.#addRange(restoring(check, 'a shard', () => [...shard.images]) as [number, number]);
      yield shard as Extract<DissectionShard, { phase: P }>;
      this.options ??= shard.options;
      requireSameOptions(check, 'a shard', shard.options, this.options);
    }
  }

  #addRange([first, end]: [number, number]): void {
    const check = this.#check;
    check.number('images[0] of a shard', first, { integer: true, min: 0, max: this.#count - 1 });
    check.number('images[1] of a shard', end, { integer: true, min: first + 1, max: this.#count });
    const twice = this.#ranges
      .filter((other) => other[0] < end && first < other[1])
      .map((other) => Math.max(first, other[0]));
    if (twice.length > 0) check.failBecause('range', `image ${Math.min(...twice)} is in two shards`);
    this.#ranges.push([first, end]);
  }

  /** Throws unless each image is in a shard. */
  requireAll(): void {
    let missing = 0;
    const rising = this.#ranges.sort((a, b) => a[0] - b[0]);
    for (const [first, end] of [...rising, [this.#count, this.#count] as const]) {
      if (first > missing) {
        this.#check.failBecause('range', `images ${missing} to ${first - 1} are in no shard`);
      }
      missing = end;
    }
  }
}

function layersOf(check: Check, state: DissectionState, count: number): DissectionState['layers'] {
  const { phase, images, layers } = requireSavedState(check, state, dissectionFormat, 'thresholds');
  const isWhole = phase === 'thresholds' && images === count && Array.isArray(layers);
  const areNamed = isWhole && [...layers].every((each) => typeof each?.layer === 'string');
  return areNamed ? layers : failForThresholds(check, count);
}

async function mergeThresholds(
  check: Check,
  shards: AsyncIterable<ThresholdsShard>,
): Promise<DissectionState['layers']> {
  let merged: ReturnType<typeof readThresholds> = [];
  for await (const shard of shards) {
    const read = restoring(check, 'a shard', () => readThresholds(shard));
    if (merged.length === 0) {
      merged = read;
      continue;
    }
    requireSameLayers(check, merged.map(nameAndSize), read.map(nameAndSize));
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
    topImages: top && { top: top.state(), masks: [] },
    tally: null,
    chance: null,
  }));
}

const readThresholds = ({ layers }: ThresholdsShard) =>
  [...layers].map(({ layer, mapSize, thresholds, top }) => ({
    layer: nameOf(layer),
    mapSize: [...mapSize] as [number, number],
    sought: UnitThresholds.from(thresholds),
    top: top ? TopActivationsTally.from(top) : null,
  }));

const nameAndSize = ({ layer, mapSize }: { layer: string; mapSize: [number, number] }) =>
  `${layer} (${mapSize.join(' x ')})`;

async function mergeMasks(
  check: Check,
  shards: AsyncIterable<MasksShard>,
  before: DissectionState['layers'],
): Promise<DissectionState['layers']> {
  const merged = before.map(() => ({ tally: null as DissectionTally | null, masks: [] as TopImagesState['masks'] }));
  for await (const shard of shards) {
    const read = restoring(check, 'a shard', () => readMasks(shard));
    const nameOnly = ({ layer }: { layer: string }) => layer;
    requireSameLayers(check, before.map(nameOnly), read.map(nameOnly));
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

const readMasks = ({ layers }: MasksShard) =>
  [...layers].map(({ layer, tally, masks }) => ({
    layer: nameOf(layer),
    tally: DissectionTally.from(tally),
    masks: [...masks],
  }));

function requireSameLayers(check: Check, ours: readonly string[], theirs: readonly string[]): void {
  if (JSON.stringify(ours) === JSON.stringify(theirs)) return;
  check.failBecause(
    'state',
    `shards of the layers ${theirs.join(', ')} cannot be merged with those of ${ours.join(', ')}`,
  );
}

function nameOf(layer: unknown): string {
  if (typeof layer !== 'string') throw new TypeError('a layer of it has no name');
  return layer;
}
