import {
  type AnyProbe,
  askModel,
  type Check,
  checker,
  isPromise,
  type LongWork,
  type Probe,
  reportProgress,
  requireLongWork,
  requireOutput,
  restoring,
  throwIfAborted,
} from '@cnnviz/internal';
import type { Rank, Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { checkConceptData, checkConceptImage, checkImageConcepts } from '../data/check-concept-data.ts';
import type { Concept, ConceptData, ConceptImage, ImageConcepts } from '../data/concepts.ts';
import { checkRepeatedLabels, type LabelSlots, labelSlots, type RepeatedLabels } from '../data/label-slots.ts';
import { type Interpolation, interpolationOf, type Upsampling } from '../receptive-field/upsample.ts';
import { ChanceTally, type ChanceTallyState, kindOf, type LabeledMasks } from '../tallies/chance-tally.ts';
import {
  DissectionTally,
  type DissectionTallyState,
  type ImageCounts,
  type UnitMatches,
} from '../tallies/dissection-tally.ts';
import { exchangeGroups } from '../tallies/exchange-groups.ts';
import { type TopImage, TopImages, type TopImagesState } from '../tallies/top-images.ts';
import { mapsAbove, mapsStillAbove, type SparseMaps, type UnitMasks, unitMasks } from '../tallies/unit-masks.ts';
import { unitMaxima } from '../tallies/unit-maxima.ts';
import { requireFiniteActivations, UnitThresholds, type UnitThresholdsState } from '../tallies/unit-thresholds.ts';
import { requireSameOptions, type SavedOptions, savedOptions } from './saved-options.ts';

/** Images `[n, h, w, 3]`, RGB 0 to 255, to the activations `[n, h', w', units]` of several layers, by name. */
export type LayersProbe = ((images: Tensor4D) => Record<string, Tensor4D>) & Pick<Probe, 'batchSize'>;

/** A probe of several layers that answers at once or later, by the rules of `AnyProbe`. */
export type AnyLayersProbe = ((images: Tensor4D) => Record<string, Tensor4D> | Promise<Record<string, Tensor4D>>) &
  Pick<Probe, 'batchSize'>;

interface DissectionOptions extends LongWork<DissectionProgress> {
  /** Densely labeled images. */
  concepts: ConceptData;
  /** The share of activations that is not above a unit's threshold. Default: 0.995; NetDissect's program: 1 - 5 / 999. */
  quantile?: number;
  /** A unit is a detector if its best IoU is above this. Default: 0.04, as the paper says. */
  iouLimit?: number;
  /** Images a call of the probe. What comes out does not depend on it. Default: 8. */
  batchSize?: number;
  /**
   * Bytes for the activations that may exceed their thresholds, all layers together. They are kept between finding the
   * thresholds and using them; the images whose activations do not fit go through the network a second time.
   * Default: 200,000,000.
   */
  activationMemory?: number;
  /** Bytes for finding the thresholds of one layer; where that is not enough, positions are sampled. Default: 200,000,000. */
  thresholdMemory?: number;
  /** Decides which positions are sampled. A whole number >= 0. Default: 0. */
  seed?: number;
  /** How many images that drive a unit most come with the result, each with the unit's mask on it. Default: 0, none. */
  topImages?: number;
  /** Whether the counts of each image come with the result, some kilobytes an image. Default: false. */
  keepImages?: boolean;
  /**
   * How often a pixel counts for a concept that it carries more than once, in several maps or in a map and by a label of the
   * whole image: `once`, or as often as it does, which is the way of `netdissect` and may give an IoU above 1. Default: `once`.
   */
  repeatedLabels?: RepeatedLabels;
  /**
   * Whether the result says what IoU each unit would reach by chance, for `chanceLevel`. Images then come to their masks
   * in a random order, some dozens at a time, and progress is reported after each group. Default: it does not.
   */
  chance?: ChanceOptions;
  /** What `progress.state()` gave, with the same options and data: goes on from there. */
  state?: DissectionState;
  /** Called with the activations of each image and layer as they first come; awaited. What it is given is its own. */
  onActivations?: (activations: LayerActivations) => void | Promise<void>;
  /** Called with the masks of each image and layer and the labels of the image, once the thresholds are known; awaited. Its own too. */
  onMasks?: (masks: LayerMasks) => void | Promise<void>;
}

export interface ChanceOptions {
  /**
   * How often labels are exchanged among images. No p-value is below 1 / (permutations + 1). Holds
   * 4 · permutations · units · concepts bytes. Default: 99.
   */
  permutations?: number;
  /** Decides how. A whole number >= 0. Default: 0. */
  seed?: number;
}

export interface DissectOptions extends DissectionOptions {
  /**
   * Images `[n, h, w, 3]`, RGB 0 to 255, as large as those of `concepts`, to activations, at once or later: scaling them is
   * its part.
   */
  probe: AnyProbe;
  /** Where the units look: `receptiveField` of the layer is NetDissect's way. */
  upsampling: Upsampling;
}

export interface DissectLayersOptions extends DissectionOptions {
  /** As that of `dissect`, for several layers in one pass. */
  probe: AnyLayersProbe;
  /** Of each layer. The layers are dissected in this order. */
  upsampling: Readonly<Record<string, Upsampling>>;
}

export interface DissectionProgress {
  /** First the thresholds are found, then masks and labels are compared. */
  phase: 'thresholds' | 'masks';
  /** Images of the phase that are done, and of how many. */
  images: number;
  count: number;
  /** What a later call goes on from, as `state`. Plain JSON. */
  state: () => DissectionState;
}

/** Plain JSON. */
export interface DissectionState {
  kind: 'Dissection';
  phase: 'thresholds' | 'masks';
  /** Images of the phase that are done. */
  images: number;
  /** What it was found with. */
  options: SavedOptions;
  /** Of each image so far which categories it is labeled for, if there is a chance level. */
  kinds: string[];
  layers: {
    layer: string;
    mapSize: [number, number];
    thresholds: UnitThresholdsState;
    topImages: TopImagesState | null;
    tally: DissectionTallyState | null;
    chance: ChanceTallyState | null;
  }[];
}

/** Of one image and layer. */
export interface LayerActivations {
  layer: string;
  /** Index of the image. */
  image: number;
  /** The image itself. */
  concepts: ConceptImage;
  /** `[height, width, units]`. */
  activations: Float32Array;
  height: number;
  width: number;
  units: number;
}

/** Of one image and layer. */
export interface LayerMasks {
  layer: string;
  /** Index of the image. */
  image: number;
  concepts: ImageConcepts;
  masks: UnitMasks;
}

/** What the units of a layer detect. Plain data. */
export interface Dissection {
  /** Its name; empty where only one was dissected. */
  layer: string;
  images: number;
  quantile: number;
  /** How far the quantile of a threshold may be off, 99 times of a hundred; 0 where nothing was sampled. */
  rankError: number;
  iouLimit: number;
  /** How often a pixel counted for a concept that it carries more than once. */
  repeatedLabels: RepeatedLabels;
  /** `[height, width]` of the layer's maps and of the labels. */
  mapSize: readonly [number, number];
  labelSize: readonly [number, number];
  /** All of the data, detected or not. */
  concepts: Concept[];
  categories: string[];
  units: DissectedUnit[];
  /** The counts of each image, if `keepImages`. */
  imageCounts: ImageCounts[];
  /** How well units fit labels of other images, if `chance`. */
  chance: ChanceIous | null;
}

export interface ChanceIous {
  permutations: number;
  seed: number;
  /** The best IoU over all concepts: `[units][permutations]`. */
  ious: number[][];
}

export interface DissectedUnit extends UnitMatches {
  /** The unit fires where its upsampled activation is above this. */
  threshold: number;
  /**
   * The images that drive it most, strongest first, as `topActivations` finds them, with its mask on each; as many as the
   * option `topImages` says.
   */
  topImages: TopImage[];
}

/**
 * Network dissection: which human concept each unit of a layer detects.
 *
 * A unit fires where its activation, laid over the labels, is above a threshold that 0.5 % of its activations exceed.
 * What it detects is the concept whose pixels agree best with those, by intersection over union over the data set.
 *
 * Images go through the network once, as long as the activations that may exceed their threshold fit into
 * `activationMemory`: the maps of most units on most images cannot, and as the thresholds become known they are dropped.
 *
 * @returns Plain data.
 * @throws RangeError if an option is outside its range, or an image carries what is no concept; says which image.
 * @throws TypeError if an option is of another kind, or the probe returns something else than activations.
 * @throws Error if an activation is not finite, or the size of the maps changes from image to image; says which image.
 * @see Bau, Zhou, Khosla, Oliva, Torralba, "Network Dissection: Quantifying Interpretability of Deep Visual
 *   Representations", CVPR 2017, https://arxiv.org/abs/1704.05796.
 *
 * @example
 * import { conceptScenes, dissect } from '@cnnviz/dissect';
 *
 * const { units } = await dissect({
 *   probe: (images) => images, // the three units red, green and blue
 *   concepts: conceptScenes({ seed: 0, count: 4, size: 32 }),
 *   upsampling: 'half-pixel',
 * });
 * units[0]?.best?.concept.name;
 */
export async function dissect(options: DissectOptions): Promise<Dissection> {
  const check = checker('@cnnviz/dissect', 'dissect');
  check.options(options);
  const { probe, upsampling, ...rest } = options;
  check.callable('probe', probe);
  const [dissection] = await dissectWith(check, {
    ...rest,
    probe: Object.assign(
      (images: Tensor4D) => {
        const maps = probe(images);
        return isPromise(maps) ? maps.then((late) => ({ '': late })) : { '': maps };
      },
      probe.batchSize === undefined ? {} : { batchSize: probe.batchSize },
    ),
    upsampling: { '': upsampling },
  });
  return dissection!;
}

/**
 * `dissect` for several layers in one pass over the images.
 *
 * @param options Those of `dissect`, with activations and upsampling by the names of the layers.
 * @returns One dissection a layer, in the order of `upsampling`.
 * @throws As `dissect` does.
 *
 * @example
 * import { conceptScenes, dissectLayers } from '@cnnviz/dissect';
 *
 * const dissections = await dissectLayers({
 *   probe: (images) => ({ pixels: images, halves: tf.avgPool(images, 2, 2, 'valid') }),
 *   concepts: conceptScenes({ seed: 0, count: 4, size: 32 }),
 *   upsampling: { pixels: 'half-pixel', halves: 'half-pixel' },
 * });
 * dissections.map(({ layer }) => layer); // ['pixels', 'halves']
 */
export async function dissectLayers(options: DissectLayersOptions): Promise<Dissection[]> {
  const check = checker('@cnnviz/dissect', 'dissectLayers');
  return dissectWith(check, check.options(options));
}

export interface Layer {
  name: string;
  mapSize: [number, number];
  interpolation: Interpolation;
  thresholds: UnitThresholds;
  topImages: TopImages | null;
  tally: DissectionTally | null;
  chance: ChanceTally | null;
}

/** The activations of one image, in the order of the layers. */
export type ImageActivations = {
  activations: Float32Array;
  height: number;
  width: number;
  units: number;
  maxima: Float32Array;
}[];

async function dissectWith(check: Check, options: DissectLayersOptions): Promise<Dissection[]> {
  const { concepts, quantile = 0.995, iouLimit = 0.04, batchSize = 8 } = options;
  const count = checkOptions(check, options);
  const names = Object.keys(options.upsampling);
  const run = { check, options, names };
  const { state: saved } = options;
  let layers = saved === undefined ? null : restoring(check, 'state', () => restoreLayers(run, saved));
  const kept = new KeptMaps(options.activationMemory ?? 200e6);
  const slots = slotsOf(run);
  const { repeatedLabels } = slots;
  const own = savedOptions(options);
  const kinds = [...(options.state?.kinds ?? [])];
  throwIfAborted(options);

  const state = (phase: DissectionProgress['phase'], images: number) => (): DissectionState => ({
    kind: 'Dissection',
    phase,
    images,
    options: structuredClone(own),
    kinds: [...kinds],
    layers: (layers ?? []).map(({ name, mapSize, thresholds, topImages, tally, chance }) => ({
      layer: name,
      mapSize: [...mapSize],
      thresholds: thresholds.state(),
      topImages: topImages?.state() ?? null,
      tally: tally?.state() ?? null,
      chance: chance?.state() ?? null,
    })),
  });

  const masksBegun = options.state?.phase === 'masks';
  for (let start = masksBegun ? count : (options.state?.images ?? 0); start < count; start += batchSize) {
    const indices = indicesFrom(start, Math.min(count, start + batchSize));
    const images = await readImages(run, indices);
    const batch = await activationsOf(run, images, indices);
    layers ??= batch[0]!.map((map, index) => createLayer(run, names[index]!, map));
    for (const [row, image] of indices.entries()) {
      requireSameMaps(check, layers, batch[row]!, image);
      for (const [index, layer] of layers.entries()) {
        const { maxima, ...map } = batch[row]![index]!;
        requireFiniteActivations(check, image, map.activations, map.units);
        layer.thresholds.add(image, map.activations);
        layer.topImages?.add(image, map.activations, layer.mapSize, maxima);
        await options.onActivations?.({
          ...{ layer: layer.name, image, concepts: structuredClone(images[row]!), ...map },
          activations: map.activations.slice(),
        });
      }
      if (options.chance !== undefined) kinds.push(kindOf(slots.of(images[row]!)));
      kept.keep(image, batch[row]!, layers);
    }
    const done = start + indices.length;
    await reportProgress(options, { phase: 'thresholds', images: done, count, state: state('thresholds', done) });
  }

  const found = layers!.map((layer) => layer.thresholds.result());
  for (const [index, layer] of layers!.entries()) {
    const { concepts: labels, categories, labelSize } = concepts;
    const counted = { units: found[index]!.thresholds.length, concepts: labels, categories, labelSize, repeatedLabels };
    layer.tally ??= new DissectionTally({ ...counted, keepImages: options.keepImages ?? false });
    if (options.chance !== undefined) layer.chance ??= new ChanceTally({ ...counted, ...options.chance });
  }
  const groups = groupsFrom(run, masksBegun ? options.state!.images : 0, kinds);
  let exchanged: LabeledMasks[][] = [];
  const tallyImage = async (image: number, labels: ImageConcepts, mapsOf: (index: number) => SparseMaps) => {
    for (const [index, { name, interpolation, topImages, tally }] of layers!.entries()) {
      const masks = unitMasks(mapsOf(index), found[index]!.thresholds, interpolation);
      tally!.add(image, labels, masks);
      topImages?.addMasks(image, masks, concepts.labelSize);
      if (options.chance !== undefined) exchanged[index]!.push({ image, concepts: labels, masks });
      await options.onMasks?.({ layer: name, image, concepts: structuredClone(labels), masks: structuredClone(masks) });
    }
  };
  const tallyBatch = async (indices: readonly number[]) => {
    const again = indices.filter((index) => !kept.has(index));
    const images = await readImages(run, again);
    const batch = again.length === 0 ? [] : await activationsOf(run, images, again);
    for (const index of indices) {
      const maps = kept.take(index);
      if (maps !== undefined) {
        const labels = checkImageConcepts(check, await (concepts.readLabels?.(index) ?? concepts.read(index)), index);
        await tallyImage(index, labels, (layer) => maps[layer]!);
        continue;
      }
      const row = again.indexOf(index);
      requireSameMaps(check, layers!, batch[row]!, index);
      await tallyImage(index, images[row]!, (layer) =>
        mapsAbove(batch[row]![layer]!.activations, found[layer]!.thresholds, batch[row]![layer]!.maxima),
      );
    }
  };
  let done = masksBegun ? options.state!.images : 0;
  for (const group of groups) {
    exchanged = layers!.map(() => []);
    for (const indices of batchesOf(group, batchSize)) {
      throwIfAborted(options);
      await tallyBatch(indices);
    }
    for (const [index, { chance }] of layers!.entries()) chance?.add(exchanged[index]!);
    done += group.length;
    await reportProgress(options, { phase: 'masks', images: done, count, state: state('masks', done) });
  }

  const topImages = layers!.map((layer) => layer.topImages?.result());
  return layers!.map(({ name, mapSize, tally, chance }, index) => ({
    layer: name,
    images: count,
    quantile,
    rankError: found[index]!.rankError,
    iouLimit,
    repeatedLabels,
    mapSize,
    labelSize: concepts.labelSize,
    concepts: slots.concepts.map((concept) => ({ ...concept })),
    categories: [...concepts.categories],
    units: tally!.result({ iouLimit }).map((unit) => ({
      ...unit,
      threshold: found[index]!.thresholds[unit.unit]!,
      topImages: topImages[index]?.[unit.unit] ?? [],
    })),
    imageCounts: tally!.imageCounts,
    chance: chance === null ? null : chanceIous(chance, tally!),
  }));
}

export function slotsOf({ check, options: { concepts, repeatedLabels } }: Run): LabelSlots {
  const { concepts: all, categories, labelSize } = concepts;
  return labelSlots(check, { concepts: all, categories, labelSize, repeatedLabels });
}

function chanceIous(chance: ChanceTally, tally: DissectionTally): ChanceIous {
  const { permutations, seed } = chance.options;
  return { permutations, seed, ious: chance.ious(tally) };
}

/** The images whose masks are still to be found, those together that exchange labels. */
function groupsFrom({ options }: Run, done: number, kinds: readonly string[]): number[][] {
  const { chance, concepts, batchSize = 8 } = options;
  if (chance === undefined) return batchesOf(indicesFrom(done, concepts.count), batchSize);
  let before = 0;
  return exchangeGroups(kinds, chance.seed ?? 0).filter(({ length }) => {
    before += length;
    return before > done;
  });
}

export function batchesOf(images: readonly number[], size: number): number[][] {
  return Array.from({ length: Math.ceil(images.length / size) }, (_, batch) =>
    images.slice(batch * size, (batch + 1) * size),
  );
}

export interface Run {
  check: Check;
  options: DissectLayersOptions;
  names: readonly string[];
}

export function checkOptions(check: Check, options: DissectLayersOptions): number {
  check.options(options);
  requireLongWork(check, options as LongWork<never>);
  const { concepts, upsampling } = options;
  check.callable('probe', options.probe);
  checkConceptData(check, 'concepts', concepts);
  const names = typeof upsampling === 'object' && upsampling !== null ? Object.keys(upsampling) : [];
  if (names.length === 0) check.fail('type', 'upsampling', 'a record of at least one layer', upsampling);
  for (const name of names) interpolationOf(check, upsampling[name]!, { size: [1, 1], mapSize: [1, 1] });
  if (options.quantile !== undefined) check.number('quantile', options.quantile, { min: 0, below: 1 });
  if (options.iouLimit !== undefined) check.number('iouLimit', options.iouLimit, { min: 0, max: 1 });
  if (options.batchSize !== undefined) check.number('batchSize', options.batchSize, { integer: true, min: 1 });
  if (options.activationMemory !== undefined) check.number('activationMemory', options.activationMemory, { min: 0 });
  if (options.thresholdMemory !== undefined) check.number('thresholdMemory', options.thresholdMemory, { min: 1 });
  if (options.seed !== undefined) check.seed('seed', options.seed);
  if (options.topImages !== undefined) check.number('topImages', options.topImages, { integer: true, min: 0 });
  if (options.keepImages !== undefined) check.boolean('keepImages', options.keepImages);
  checkRepeatedLabels(check, options.repeatedLabels);
  if (options.onActivations !== undefined) check.callable('onActivations', options.onActivations);
  if (options.onMasks !== undefined) check.callable('onMasks', options.onMasks);
  if (options.chance !== undefined) check.options(options.chance, 'chance');
  const { permutations, seed } = options.chance ?? {};
  if (permutations !== undefined) check.number('chance.permutations', permutations, { integer: true, min: 1 });
  if (seed !== undefined) check.seed('chance.seed', seed);
  return concepts.count;
}

export const indicesFrom = (start: number, end: number) =>
  Array.from({ length: end - start }, (_, index) => start + index);

export function createLayer(run: Run, name: string, { height, width, units }: ImageActivations[number]): Layer {
  const { concepts, quantile = 0.995, thresholdMemory = 200e6, seed = 0, topImages = 0 } = run.options;
  const expected = concepts.count * height * width;
  return {
    ...placeLayer(run, name, [height, width]),
    thresholds: new UnitThresholds({ units, expected, quantile, memory: thresholdMemory, seed }),
    topImages: topImages === 0 ? null : new TopImages({ units, perUnit: topImages }),
    tally: null,
    chance: null,
  };
}

function placeLayer({ check, options }: Run, name: string, mapSize: [number, number]) {
  const { labelSize: size, imageSize } = options.concepts;
  const interpolation = interpolationOf(check, options.upsampling[name]!, { size, imageSize, mapSize });
  return { name, mapSize, interpolation };
}

export function restoreLayers(run: Run, state: DissectionState): Layer[] | null {
  const { check, names, options } = run;
  if (state?.kind !== 'Dissection') check.fail('type', 'state', 'the state of a dissection', state);
  check.oneOf('state.phase', state.phase, ['thresholds', 'masks']);
  check.number('state.images', state.images, { integer: true, min: 0, max: options.concepts.count });
  const layers = state.layers.map(({ layer }) => layer);
  if (state.images > 0 && JSON.stringify(layers) !== JSON.stringify(names)) {
    check.failBecause('state', `the state is one of the layers ${layers}, the options are of ${names}`);
  }
  const { quantile = 0.995, topImages = 0, concepts } = options;
  for (const { mapSize, thresholds, topImages: tops } of state.layers) {
    const perUnit = tops?.top.perUnit ?? 0;
    if (perUnit !== topImages) {
      check.failBecause('state', `the state is one of ${perUnit} top images a unit, the options are of ${topImages}`);
    }
    const expected = concepts.count * mapSize[0] * mapSize[1];
    if (thresholds.options.quantile !== quantile || thresholds.options.expected !== expected) {
      check.failBecause('state', 'the state is one of another quantile or of other data');
    }
  }
  checkChance(run, state);
  requireSameOptions(check, 'the state', state.options, savedOptions(options));
  if (state.layers.length === 0) return null;
  return state.layers.map(({ layer, mapSize, thresholds, topImages, tally, chance }) => ({
    ...placeLayer(run, layer, mapSize),
    thresholds: UnitThresholds.from(thresholds),
    topImages: topImages === null ? null : TopImages.from(topImages),
    tally: tally === null ? null : DissectionTally.from(tally),
    chance: chance === null ? null : ChanceTally.from(chance),
  }));
}

function checkChance({ check, options }: Run, { phase, images, kinds, layers }: DissectionState): void {
  const { permutations = 99, seed = 0 } = options.chance ?? {};
  const expected = options.chance === undefined ? 0 : phase === 'masks' ? options.concepts.count : images;
  const isSame = layers.every(
    ({ chance }) => chance === null || (chance.options.permutations === permutations && chance.options.seed === seed),
  );
  if (kinds.length !== expected || !isSame) {
    check.failBecause('state', 'the state is one of other options of chance');
  }
}

export function readImages({ check, options }: Run, indices: readonly number[]): Promise<ConceptImage[]> {
  const { concepts } = options;
  return Promise.all(
    indices.map(async (index) => checkConceptImage(check, await concepts.read(index), concepts, index)),
  );
}

/** Runs the probe on some images and reads its activations; `indices` are for errors. */
export async function activationsOf(
  run: Run,
  images: readonly ConceptImage[],
  indices: readonly number[],
): Promise<ImageActivations[]> {
  const { check, options, names } = run;
  const [height, width] = options.concepts.imageSize;
  const pixels = new Float32Array(images.length * height * width * 3);
  images.forEach((image, row) => {
    pixels.set(image.pixels, row * height * width * 3);
  });
  const batch = () => tf.tensor4d(pixels, [images.length, height, width, 3]);
  const maps = await askModel(options.probe, batch, (given) => {
    const isRecord = typeof given === 'object' && given !== null;
    if (!isRecord) check.fail('type', 'probe', `a function to a record of the activations of ${names}`, given);
    return names.map((name) => {
      const map: unknown = Object.hasOwn(given, name) ? given[name] : undefined;
      const of = name === '' ? 'probe' : `probe of ${name}`;
      const expected = `a function to float32 activations [${images.length}, h, w, units]`;
      const fits = ({ rank, shape, size }: Tensor) => rank === 4 && shape[0] === images.length && size > 0;
      return tf.clone(requireOutput<Rank.R4>(check, of, expected, map, fits));
    });
  });
  try {
    const values = await Promise.all(maps.map((map) => map.data<'float32'>()));
    return indices.map((_, row) =>
      maps.map((map, index) => {
        const [, height, width, units] = map.shape;
        const size = height * width * units;
        const activations = values[index]!.subarray(row * size, (row + 1) * size);
        return { activations, height, width, units, maxima: unitMaxima(activations, units) };
      }),
    );
  } finally {
    tf.dispose(maps);
  }
}

export function requireSameMaps(check: Check, layers: readonly Layer[], maps: ImageActivations, image: number): void {
  for (const [index, { name, mapSize, thresholds }] of layers.entries()) {
    const { height, width, units } = maps[index]!;
    const expected = thresholds.lowerBounds.length;
    if (height === mapSize[0] && width === mapSize[1] && units === expected) continue;
    const of = name === '' ? 'the probe' : `the probe of ${name}`;
    check.failBecause(
      'state',
      `${of} gave ${[height, width, units].join(' x ')} activations of image ${image}, and ${[...mapSize, expected].join(' x ')} before`,
    );
  }
}

/** The maps of the images that may still exceed their thresholds, within a number of bytes. */
class KeptMaps {
  readonly #most: number;
  readonly #images = new Map<number, SparseMaps[]>();
  #bytes = 0;
  #isFull = false;

  constructor(most: number) {
    this.#most = most;
  }

  has(image: number): boolean {
    return this.#images.has(image);
  }

  /** Gives the maps of an image, and forgets them. */
  take(image: number): SparseMaps[] | undefined {
    const maps = this.#images.get(image);
    this.#images.delete(image);
    return maps;
  }

  keep(image: number, batch: ImageActivations, layers: readonly Layer[]): void {
    if (this.#isFull) return;
    const maps = batch.map(({ activations, maxima }, index) =>
      mapsAbove(activations, layers[index]!.thresholds.lowerBounds, maxima),
    );
    this.#images.set(image, maps);
    this.#bytes += bytesOf(maps);
    if (this.#bytes <= this.#most) return;
    this.#bytes = 0;
    for (const [each, before] of this.#images) {
      const still = before.map((maps, index) => mapsStillAbove(maps, layers[index]!.thresholds.lowerBounds));
      this.#images.set(each, still);
      this.#bytes += bytesOf(still);
    }
    // Sorting out again for less would cost more than it gains.
    this.#isFull = this.#bytes > 0.9 * this.#most;
    if (this.#bytes > this.#most) this.#images.delete(image);
  }
}

const bytesOf = (maps: readonly SparseMaps[]) =>
  maps.reduce((bytes, { units, maps }) => bytes + units.byteLength + maps.byteLength, 0);
