import { type AnyProbe, type Check, type LongWork, type Probe, requireLongWork } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { checkConceptData } from '../data/check-concept-data.ts';
import type { ConceptData, ConceptImage, ImageConcepts } from '../data/concepts.ts';
import { type LabelSlots, labelSlots, type RepeatedLabels } from '../data/label-slots.ts';
import { interpolationOf, type Upsampling } from '../receptive-field/upsample.ts';
import type { UnitMasks } from '../tallies/unit-masks.ts';
import type { ResumableWork } from './dissection-state.ts';

/** Images `[n, h, w, 3]`, RGB 0 to 255, to the activations `[n, h', w', units]` of several layers, by name. */
export type LayersProbe = ((images: Tensor4D) => Record<string, Tensor4D>) & Pick<Probe, 'batchSize'>;

/** A probe of several layers that answers at once or later, by the rules of `AnyProbe`. */
export type AnyLayersProbe = ((images: Tensor4D) => Record<string, Tensor4D> | Promise<Record<string, Tensor4D>>) &
  Pick<Probe, 'batchSize'>;

/** The options that one process and the shards of several have in common. */
export interface SharedDissectionOptions {
  /** Densely labeled images. */
  concepts: ConceptData;
  /**
   * Share of a unit's activations that do not exceed its threshold. Default: 0.995, as in the paper; NetDissect's program
   * effectively takes 1 - 5 / 999.
   */
  quantile?: number;
  /** A unit is a detector if its best IoU is above this. Default: 0.04, as in the paper. */
  iouLimit?: number;
  /** Images per probe call. Does not affect the result. Default: 8. */
  batchSize?: number;
  /** Bytes for finding the thresholds of one layer. If they do not suffice, positions are sampled. Default: 200,000,000. */
  thresholdMemory?: number;
  /** Seed of the sampled positions, a whole number >= 0. Default: 0. */
  seed?: number;
  /** Number of top images per unit in the result, each with the unit's mask. Default: 0. */
  topImages?: number;
  /** Whether the result includes the counts of each image, some kilobytes per image. Default: false. */
  keepImages?: boolean;
  /**
   * How a pixel counts that carries a concept more than once: in several maps, or in a map and by a label of the whole image.
   * `once`, or `netdissect`: as often as it carries the concept, like NetDissect, which can give an IoU above 1. Default:
   * `once`.
   */
  repeatedLabels?: RepeatedLabels;
}

interface DissectionOptions extends SharedDissectionOptions, ResumableWork {
  /**
   * Bytes for activations that may exceed their thresholds, for all layers together. They are kept until the thresholds are
   * known. Images whose activations do not fit go through the network a second time. Default: 200,000,000.
   */
  activationMemory?: number;
  /**
   * Adds the IoUs that each unit reaches by chance to the result, for `chanceLevel`. Masks are then found for some dozens of
   * images at a time, in random order, and progress is reported after each such group. Default: no chance level.
   */
  chance?: ChanceOptions;
  /** Called with the activations of each image and layer when they are first computed; awaited. Gets copies. */
  onActivations?: (activations: LayerActivations) => void | Promise<void>;
  /** Called with the masks of each image and layer and the image's labels once the thresholds are known; awaited. Gets copies. */
  onMasks?: (masks: LayerMasks) => void | Promise<void>;
}

/** How the chance level is found. */
export interface ChanceOptions {
  /**
   * How often labels are exchanged among images. No p-value is below 1 / (permutations + 1). Takes
   * 4 · permutations · units · concepts bytes. Default: 99.
   */
  permutations?: number;
  /** Seed of the exchanges, a whole number >= 0. Default: 0. */
  seed?: number;
}

/** Options of `dissect`. */
export interface DissectOptions extends DissectionOptions {
  /**
   * Images `[n, h, w, 3]`, RGB 0 to 255, of the size of those in `concepts`, to activations, at once or later. The probe
   * scales and normalizes the images itself.
   */
  probe: AnyProbe;
  /** Where each position of the map lies on the image. NetDissect uses the layer's `receptiveField`. */
  upsampling: Upsampling;
  /** Name of the layer in the result. Default: `'layer'`. */
  layer?: string;
}

/** Options of `dissectLayers`. */
export interface DissectLayersOptions extends DissectionOptions {
  /** Like the probe of `dissect`, but returns the activations of several layers, by name. */
  probe: AnyLayersProbe;
  /** Upsampling per layer, by name. The layers are dissected in this order. */
  upsampling: Readonly<Record<string, Upsampling>>;
}

/** The activations of one layer on one image. */
export interface LayerActivations {
  layer: string;
  /** Index of the image. */
  image: number;
  /** The image with its labels. */
  concepts: ConceptImage;
  /** `[height, width, units]`. */
  activations: Float32Array;
  height: number;
  width: number;
  units: number;
}

/** The masks of one layer's units on one image. */
export interface LayerMasks {
  layer: string;
  /** Index of the image. */
  image: number;
  concepts: ImageConcepts;
  masks: UnitMasks;
}

/** A layer to dissect. */
export interface ProbedLayer {
  name: string;
  upsampling: Upsampling;
  /** How errors refer to the probe of this layer. */
  probe: string;
}

/** The options of a dissection after all checks and with all defaults filled in. */
export interface ResolvedOptions extends Required<SharedDissectionOptions> {
  /** The concepts, each with its place in the counts. */
  slots: LabelSlots;
  probe: AnyLayersProbe;
  layers: readonly ProbedLayer[];
  activationMemory: number;
  chance: Required<ChanceOptions> | null;
}

/** What every step of a dissection needs: how to report errors, and the options. */
export interface Run {
  check: Check;
  options: ResolvedOptions;
}

type GivenOptions = Omit<DissectLayersOptions, 'onProgress'>;

/**
 * Checks the options of a dissection and fills in defaults.
 *
 * @param onlyProbe Whether the probe gives a single layer, which errors then need not name.
 */
export function resolveOptions(check: Check, options: GivenOptions, onlyProbe = false): ResolvedOptions {
  check.options(options);
  requireLongWork(check, options as LongWork<never>);
  const { concepts, upsampling, onActivations, onMasks } = options;
  check.callable('probe', options.probe);
  checkConceptData(check, 'concepts', concepts);
  const names = typeof upsampling === 'object' && upsampling !== null ? Object.keys(upsampling) : [];
  const isNamed = names.length > 0 && !names.includes('');
  if (!isNamed) check.fail('type', 'upsampling', 'a record of at least one named layer', upsampling);
  for (const name of names) interpolationOf(check, upsampling[name]!, { size: [1, 1], mapSize: [1, 1] });
  if (onActivations !== undefined) check.callable('onActivations', onActivations);
  if (onMasks !== undefined) check.callable('onMasks', onMasks);
  const { concepts: all, categories, labelSize } = concepts;
  const slots = labelSlots(check, { concepts: all, categories, labelSize, repeatedLabels: options.repeatedLabels });
  const { quantile = 0.995, iouLimit = 0.04, batchSize = 8, seed = 0, topImages = 0, keepImages = false } = options;
  const { activationMemory = 200e6, thresholdMemory = 200e6 } = options;
  return {
    concepts,
    slots,
    probe: options.probe,
    layers: names.map((name) => ({
      name,
      upsampling: upsampling[name]!,
      probe: onlyProbe ? 'probe' : `probe of ${name}`,
    })),
    quantile: check.number('quantile', quantile, { min: 0, below: 1 }),
    iouLimit: check.number('iouLimit', iouLimit, { min: 0, max: 1 }),
    batchSize: check.number('batchSize', batchSize, { integer: true, min: 1 }),
    activationMemory: check.number('activationMemory', activationMemory, { min: 0 }),
    thresholdMemory: check.number('thresholdMemory', thresholdMemory, { min: 1 }),
    seed: check.seed('seed', seed),
    topImages: check.number('topImages', topImages, { integer: true, min: 0 }),
    keepImages: check.boolean('keepImages', keepImages),
    repeatedLabels: slots.repeatedLabels,
    chance: resolveChance(check, options.chance),
  };
}

function resolveChance(check: Check, chance: ChanceOptions | undefined): Required<ChanceOptions> | null {
  if (chance === undefined) return null;
  const { permutations = 99, seed = 0 } = check.options(chance, 'chance');
  check.number('chance.permutations', permutations, { integer: true, min: 1 });
  return { permutations, seed: check.seed('chance.seed', seed) };
}
