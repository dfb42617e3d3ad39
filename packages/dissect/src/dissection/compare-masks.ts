import { throwIfAborted } from '@cnnviz/internal';
import { checkImageConcepts } from '../data/check-concept-data.ts';
import type { ImageConcepts } from '../data/concepts.ts';
import { ChanceTally, type LabeledMasks } from '../tallies/chance-tally.ts';
import { DissectionTally } from '../tallies/dissection-tally.ts';
import { mapsAbove, type SparseMaps } from '../tallies/sparse-maps.ts';
import { masksOf } from '../tallies/unit-masks.ts';
import type { UnitThresholdsResult } from '../tallies/unit-thresholds.ts';
import type { DissectedLayer } from './dissected-layer.ts';
import type { LayerMasks, Run } from './dissection-options.ts';
import { batchesOf } from './image-batches.ts';
import type { KeptMaps } from './kept-maps.ts';
import { probeImages } from './layer-activations.ts';
import { requireSameMaps } from './require-same-maps.ts';

/** A layer whose thresholds are known. */
export interface CountedLayer extends DissectedLayer {
  found: UnitThresholdsResult;
  tally: DissectionTally;
}

interface CompareMasksOptions {
  /** Indices of the images; those that exchange labels form one group. */
  groups: readonly (readonly number[])[];
  /** Maps that were kept from the first phase. Default: none, all images go through the network again. */
  kept?: KeptMaps;
  signal?: AbortSignal | undefined;
  onMasks?: ((masks: LayerMasks) => void | Promise<void>) | undefined;
  /** Called after each group. */
  onGroup: (group: readonly number[]) => Promise<void>;
}

interface LabeledMaps {
  index: number;
  labels: ImageConcepts;
  /** One per layer. */
  maps: SparseMaps[];
}

/** Takes the thresholds of each layer, and makes room for counting masks. */
export function countedLayers({ options }: Run, layers: readonly DissectedLayer[]): CountedLayer[] {
  const { repeatedLabels, keepImages, chance } = options;
  const { concepts, categories, labelSize } = options.concepts;
  return layers.map((layer) => {
    const found = layer.thresholds.result();
    const counted = { units: found.thresholds.length, concepts, categories, labelSize, repeatedLabels };
    return {
      ...layer,
      found,
      tally: layer.tally ?? new DissectionTally({ ...counted, keepImages }),
      chance: layer.chance ?? (chance && new ChanceTally({ ...counted, ...chance })),
    };
  });
}

/** The second phase of a dissection: counts where the units of each layer fire and what is labeled there. */
export async function compareMasks(
  run: Run,
  layers: readonly CountedLayer[],
  options: CompareMasksOptions,
): Promise<void> {
  for (const group of options.groups) {
    const exchanged = layers.map((): LabeledMasks[] => []);
    for (const indices of batchesOf(group, run.options.batchSize)) {
      throwIfAborted(options);
      for (const labeled of await readMaps(run, layers, indices, options.kept)) {
        await countImage(run, layers, labeled, { exchanged, onMasks: options.onMasks });
      }
    }
    for (const [index, { chance }] of layers.entries()) chance?.add(exchanged[index]!);
    await options.onGroup(group);
  }
}

/** The labels of each image, and the maps that may exceed their thresholds: kept ones, or from another probe call. */
async function readMaps(
  run: Run,
  layers: readonly CountedLayer[],
  indices: readonly number[],
  kept: KeptMaps | undefined,
): Promise<LabeledMaps[]> {
  const { check, options } = run;
  const { concepts } = options;
  const again = indices.filter((index) => !kept?.has(index));
  const probed = new Map((await probeImages(run, again)).map((each) => [each.index, each]));
  const read = async (index: number): Promise<LabeledMaps> => {
    const image = probed.get(index);
    if (image === undefined) {
      const labels = await (concepts.readLabels?.(index) ?? concepts.read(index));
      return { index, labels: checkImageConcepts(check, labels, index), maps: kept!.take(index)! };
    }
    requireSameMaps(run, layers, image);
    const maps = image.maps.map(({ activations, maxima }, layer) =>
      mapsAbove(activations, layers[layer]!.found.thresholds, maxima),
    );
    return { index, labels: image.image, maps };
  };
  return Promise.all(indices.map(read));
}

async function countImage(
  { options }: Run,
  layers: readonly CountedLayer[],
  { index: image, labels, maps }: LabeledMaps,
  { exchanged, onMasks }: Pick<CompareMasksOptions, 'onMasks'> & { exchanged: LabeledMasks[][] },
): Promise<void> {
  for (const [index, { name, interpolation, found, topImages, tally, chance }] of layers.entries()) {
    const masks = masksOf(maps[index]!, found.thresholds, interpolation);
    tally.add(image, labels, masks);
    topImages?.addMasks(image, masks, options.concepts.labelSize);
    if (chance !== null) exchanged[index]!.push({ image, concepts: labels, masks });
    await onMasks?.({ layer: name, image, concepts: structuredClone(labels), masks: structuredClone(masks) });
  }
}
