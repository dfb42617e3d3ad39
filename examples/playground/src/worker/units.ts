import {
  activationGrid,
  conceptScenes,
  type DissectionProgress,
  dissectionReport,
  dissectionStatistics,
  dissectLayers,
  filterGrid,
  receptiveField,
  tallyCsv,
  tallyRecords,
  uniqueDetectors,
} from '@cnnviz/dissect';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { LayersModel } from '@tensorflow/tfjs-layers';
import { hiddenUnits } from './hidden-units.ts';
import { job, quick, type Work } from './jobs.ts';
import { type DigitNetwork, digitNetwork, type NetworkLayer, sceneNetwork, visitorNetwork } from './networks.ts';
import { type Picture, pictureOf } from './picture.ts';

/** Tiles in a row, for pictures whose tiles are to be found again. */
export interface Tiles {
  picture: Picture;
  count: number;
  columns: number;
  /** Pixels of a tile, `[height, width]`. */
  size: readonly [number, number];
}

/** How activations become brightness, as `normalizeImages` calls it. */
export type Brightness = 'zero-centered' | 'each';

export interface LayerTiles extends Tiles {
  layer: string;
  /** How many of its units are not shown. */
  left: number;
}

export interface DissectionChoice {
  /** A layer of the scene network. */
  layer: string;
  /** How many scenes. */
  count: number;
  seed: number;
  /** Whether each unit is compared with the labels of other images. */
  withChance: boolean;
}

export interface DissectionStage {
  done: number;
  of: number;
  text: string;
}

export interface DissectedLayer {
  layer: string;
  scenes: number;
  units: number;
  /** Units above the limit. */
  detectors: number;
  /** Different concepts that are the best of some detector. */
  unique: number;
  /** Units that a list with a false discovery rate of 0.05 holds; null without chance. */
  aboveChance: number | null;
  categories: { category: string; detectors: number; unique: number }[];
  /** The surest detectors, the best first. */
  best: { unit: number; concept: string; category: string; iou: number }[];
  iouLimit: number;
  /** A page of its own. */
  report: string;
  csv: string;
  json: string;
}

/** Of a layer, more are not told apart. */
const MOST_TILES = 64;
/** Lines that are no shade of gray, so that none is taken for a weight. */
const GRID = { padding: 1, border: 'around', background: [0.18, 0.53, 0.78] } as const;
/** Those of the scene network that come out of a ReLU. */
const SCENE_LAYERS: readonly string[] = ['conv1', 'conv2', 'conv3', 'conv4'];
/**
 * NetDissect's 0.995 is made for concepts that are rare. A texture of these scenes covers 16 % of all pixels: a unit that
 * fires on 0.5 % of them could not pass the limit of 0.04 whatever it detects, as `examples/dissect-training` explains.
 */
const QUANTILE = 0.98;
/** Scenes of seeds 0 and 1 are those that the network learned from and was chosen by. */
const FIRST_SEED = 2;

/** Work of the chapter of what units detect. */
export const units = {
  /** Of the first layer of the digit network; undefined where a visitor's network does not show them. */
  filters: quick<void, Tiles | undefined>(async () => {
    const { topology } = await digitNetwork();
    const kernel = topology instanceof LayersModel ? firstKernel(topology) : undefined;
    if (kernel === undefined) return undefined;
    const [height, width, , count] = kernel.shape;
    const shown = Math.min(count, MOST_TILES);
    const options = { normalization: 'zero-centered', tiles: 'color', maxFilters: shown } as const;
    return tilesOf(shown, [height, width], (columns) => filterGrid(kernel, { ...GRID, ...options, columns }));
  }),

  /** Of each layer of the digit network on a digit, 28 x 28 from 0 to 1. */
  activations: quick(async ({ pixels, brightness }: { pixels: Float32Array<ArrayBuffer>; brightness: Brightness }) => {
    const network = await digitNetwork();
    const image = tf.tensor3d(pixels, [28, 28, 1]);
    try {
      const tiles: LayerTiles[] = [];
      for (const { name, shape, probe } of layersOf(network)) {
        const [height, width, count] = shape;
        const shown = Array.from({ length: Math.min(count, MOST_TILES) }, (_, unit) => unit);
        // One pixel has no least and most of its own, and is seen without lines.
        const isPixel = height === 1 && width === 1;
        const options = isPixel ? ({ normalization: 'global', padding: 0 } as const) : { normalization: brightness };
        const ofLayer = await tilesOf(shown.length, [height, width], (columns) =>
          activationGrid(probe, image, { ...GRID, units: shown, columns, ...options }),
        );
        tiles.push({ ...ofLayer, layer: name, left: count - shown.length });
      }
      return tiles;
    } finally {
      image.dispose();
    }
  }),

  /** Which layers of the scene network can be dissected, and how many units each has. */
  sceneLayers: quick<void, { layer: string; units: number }[]>(async () => {
    const { layers } = await sceneNetwork();
    return layers
      .filter(({ name }) => SCENE_LAYERS.includes(name))
      .map(({ name, shape }) => ({ layer: name, units: shape[2] }));
  }),

  dissect: job(
    async (
      { layer, count, seed, withChance }: DissectionChoice,
      work: Work<DissectionStage>,
    ): Promise<DissectedLayer> => {
      const network = await sceneNetwork();
      const { probe } = network.layers.find(({ name }) => name === layer)!;
      const concepts = conceptScenes({ seed: seed + FIRST_SEED, count, size: network.shape[0] });
      const dissected = await dissectLayers({
        probe: (images) => ({ [layer]: probe(images) }),
        concepts,
        upsampling: { [layer]: receptiveField(network.topology, layer) },
        quantile: QUANTILE,
        topImages: 5,
        ...(withChance && { keepImages: true, chance: { permutations: 99 } }),
        signal: work.signal,
        onProgress: (progress) => work.onProgress(stageOf(progress)),
      });
      const [dissection] = dissected;
      const statistics = withChance ? dissectionStatistics(dissection!) : undefined;
      const report = await dissectionReport([{ dissection: dissection!, ...(statistics && { statistics }) }], {
        title: `Units of ${layer}`,
        intro: [
          `What the units of the layer ${layer} of the scene network detect, on ${count} scenes of seed ${seed}.`,
        ],
        concepts,
        signal: work.signal,
        onProgress: ({ done, total }) =>
          work.onProgress({ done, of: total, text: `picture ${done} of ${total} for the report` }),
      });
      const { detectors, uniqueBestLabels, categories } = uniqueDetectors(dissection!.units);
      return {
        layer,
        scenes: count,
        units: dissection!.units.length,
        detectors,
        unique: uniqueBestLabels,
        aboveChance: statistics?.aboveChance ?? null,
        categories: categories
          .filter((each) => each.detectors > 0)
          .map((each) => ({
            category: each.category,
            detectors: each.detectors,
            unique: each.uniqueBestLabels,
          })),
        best: bestOf(dissection!),
        iouLimit: dissection!.iouLimit,
        report,
        csv: tallyCsv(dissection!),
        json: JSON.stringify(tallyRecords(dissection!), null, 1),
      };
    },
  ),
};

function bestOf({ units: all, iouLimit }: Parameters<typeof tallyCsv>[0] & { iouLimit: number }) {
  return all
    .flatMap(({ unit, best }) => (best === null || best.iou <= iouLimit ? [] : [{ unit, ...best }]))
    .sort((a, b) => b.iou - a.iou || a.unit - b.unit)
    .slice(0, 10)
    .map(({ unit, concept, iou }) => ({ unit, concept: concept.name, category: concept.category, iou }));
}

function stageOf({ done, total, phase, images }: DissectionProgress): DissectionStage {
  const count = total / 2;
  return phase === 'thresholds'
    ? { done, of: total, text: `scene ${images} of ${count}: how active each unit is` }
    : { done, of: total, text: `scene ${images} of ${count}: what it fires on` };
}

/** Of the first convolution, if it sees one or three channels. */
function firstKernel(model: LayersModel): Tensor4D | undefined {
  const convolution = model.layers.find((layer) => layer.getClassName() === 'Conv2D');
  const [kernel] = convolution?.getWeights() ?? [];
  return kernel?.shape[2] === 1 || kernel?.shape[2] === 3 ? (kernel as Tensor4D) : undefined;
}

/** The maps, and of the shipped network also its hidden units, each a map of one pixel. */
function layersOf(network: DigitNetwork): NetworkLayer[] {
  const { layers, topology } = network;
  if (network === visitorNetwork() || !(topology instanceof LayersModel)) return layers;
  const hidden = hiddenUnits(topology);
  return [
    ...layers,
    {
      name: 'fc1',
      shape: [1, 1, 64],
      probe: (images) => tf.tidy(() => tf.reshape(tf.relu(hidden(images)), [-1, 1, 1, 64])),
    },
  ];
}

async function tilesOf(
  count: number,
  size: readonly [number, number],
  draw: (columns: number) => Tensor3D,
): Promise<Tiles> {
  // Ten and five in a row find room on a phone.
  const columns = count % 10 === 0 ? (count > 20 ? 10 : 5) : Math.ceil(Math.sqrt(count));
  const drawn = draw(columns);
  try {
    return { picture: await pictureOf(drawn), count, columns, size };
  } finally {
    drawn.dispose();
  }
}
