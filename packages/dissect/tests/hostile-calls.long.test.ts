import { describeHostileCalls, type ValidCall } from '@cnnviz/testing/hostile';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { encode } from 'fast-png';
import * as dissection from '../src/index.ts';
import { handmadeDissection } from '../test-support/handmade-dissection.ts';
import { labeledNoise, tallyOf } from '../test-support/labeled-noise.ts';

const { conceptScenes, randomRotation } = dissection;

/** Plain data of ours or an instance of a class, as far as hostile calls look: nothing inside it is replaced. */
const sealed = <T extends object>(instance: T): T => Object.create(instance);
const text = (lines: string) => new TextEncoder().encode(lines);

const scenes = conceptScenes({ seed: 0, count: 2, size: 16 });
const concepts = () => sealed(scenes);
const identity = (images: Tensor4D) => tf.clone(images);
const layers = (images: Tensor4D) => ({ pixels: tf.clone(images) });
const images = () =>
  tf.tensor4d(
    Array.from({ length: 2 * 4 * 4 * 3 }, (_, index) => index / 96),
    [2, 4, 4, 3],
  );
const filters = () =>
  tf.tensor4d(
    Array.from({ length: 3 * 3 * 3 * 2 }, (_, index) => Math.sin(index)),
    [3, 3, 3, 2],
  );
const top = () => ({
  perUnit: 1,
  images: 2,
  units: [0, 1, 2].map((unit) => [{ image: 1, row: 0, column: unit, activation: 1 }]),
});
const shown = () => {
  const input: Tensor3D = tf.fill([4, 4, 3], 0.5);
  return { input, picture: tf.clone(input) };
};

const noise = labeledNoise({ seed: 0, count: 4, units: 2 });
const tallyOptions = () => ({ ...noise.options, labelSize: [...noise.options.labelSize] });
const tally = () => tallyOf(noise);
const chance = () => {
  const own = new dissection.ChanceTally({ ...noise.options, permutations: 2 });
  own.add(noise.images);
  return own;
};
const thresholds = () => new dissection.UnitThresholds({ units: 2, expected: 4 });
const tops = () => new dissection.TopActivationsTally({ units: 2, perUnit: 2 });
const activations = () => Float32Array.of(1, 2, 3, 4);
const masked = () => {
  const [{ concepts, masks }] = noise.images as [dissection.LabeledMasks];
  return { concepts, masks };
};

const handmade = () =>
  sealed(
    handmadeDissection([[['sky', 'object', 0.3]], [['red', 'color', 0.2]]], {
      chance: {
        permutations: 2,
        seed: 0,
        ious: [
          [0.1, 0.2],
          [0.3, 0.1],
        ],
      },
    }),
  );
const comparison = () => sealed(dissection.compareDissections([{ dissection: handmade() }]));
const tracks = () => sealed(dissection.trackUnits([{ step: 0, dissection: handmade() }]));
const dissectOptions = { quantile: 0.9, iouLimit: 0.1, batchSize: 2, seed: 0, topImages: 1, keepImages: true };
const withChance = {
  ...dissectOptions,
  activationMemory: 1e6,
  thresholdMemory: 1e6,
  chance: { permutations: 2, seed: 0 },
};

const png = encode({ width: 4, height: 4, channels: 1, depth: 8, data: new Uint8Array(16) });
const folder: Record<string, Uint8Array> = {
  'names.csv': text('number,name,category\n1,sky,object\n'),
  'images/a.png': png,
  'labels/a.png': png,
};
const broden: Record<string, Uint8Array> = {
  'category.csv': text('name\nobject\n'),
  'label.csv': text('number,name\n1,sky\n'),
  'c_object.csv': text('number,coverage\n1,1\n'),
  'index.csv': text('image,split,ih,iw,sh,sw,object\na.png,train,4,4,4,4,1\n'),
  'images/a.png': png,
};
const coco = () => ({
  images: [{ id: 7, file_name: 'images/a.png', width: 4, height: 4 }],
  categories: [{ id: 3, name: 'car', supercategory: 'vehicle' }],
  annotations: [{ image_id: 7, category_id: 3, segmentation: [[0, 0, 2, 0, 2, 4, 0, 4]] }],
});
const readFirst = (data: dissection.ConceptData) => data.read(0);

const grid = { padding: 1, border: 'none', background: 1, scale: 1 };
const shard = { probe: layers, upsampling: { pixels: 'half-pixel' } } as const;
const firstShard = () => dissection.dissectShard({ ...shard, concepts: scenes, images: [0, 2] });

const calls: Record<string, ValidCall> = {
  filterGrid: { given: () => [filters(), { ...grid, tiles: 'color', maxFilters: 1, columns: 1, rows: 1 }] },
  filterStatistics: { given: () => [filters(), { deadShare: 0.1, duplicateSimilarity: 0.9 }] },
  activationGrid: {
    given: () => [identity, tf.fill([4, 4, 3], 0.5), { ...grid, normalization: 'each', units: [0], columns: 1 }],
  },
  topActivations: { given: () => [identity, [images()], { perUnit: 1, firstImage: 0, count: 2 }] },
  mergeTopActivations: { given: () => [sealed(top()), sealed(top())] },
  topActivationGrid: {
    given: () => [
      identity,
      sealed(top()),
      { ...grid, imageOf: shown, upsampling: 'half-pixel', units: [0], perUnit: 1, outside: 0.5, outline: [1, 1, 1] },
    ],
  },
  TopActivationsTally: { given: () => [{ units: 2, perUnit: 1 }] },
  'TopActivationsTally.from': { given: () => [sealed(tops().state())] },
  'TopActivationsTally#add': { on: tops, given: () => [0, activations(), [1, 2], Float32Array.of(3, 4)] },
  'TopActivationsTally#merge': { on: tops, given: () => [tops()] },
  'TopActivationsTally#result': { on: tops },
  'TopActivationsTally#state': { on: tops },

  receptiveField: {
    given: () => [[{ size: 3, stride: 2, padding: 1 }], { inputSize: [8, 8] }],
    accepts: { 'source = []': 'through no window each pixel sees itself' },
  },
  upsample: { given: () => [images(), 'half-pixel', { size: [8, 8], imageSize: [4, 4] }] },

  dissect: {
    given: () => [{ ...withChance, probe: identity, concepts: concepts(), upsampling: 'half-pixel', layer: 'a' }],
    speaksAs: ['dissect', 'DissectionTally', 'ChanceTally'],
  },
  dissectLayers: {
    given: () => [{ ...withChance, probe: layers, concepts: concepts(), upsampling: { pixels: 'half-pixel' } }],
  },
  dissectShard: { given: () => [{ ...dissectOptions, ...shard, concepts: concepts(), images: [0, 2] }] },
  mergeShards: {
    given: () => [
      {
        [Symbol.asyncIterator]: async function* () {
          yield firstShard();
        },
      },
      { count: 2 },
    ],
  },
  UnitThresholds: { given: () => [{ units: 2, expected: 4, quantile: 0.5, memory: 1000, seed: 0 }] },
  'UnitThresholds.from': { given: () => [sealed(thresholds().state())] },
  'UnitThresholds#add': { on: thresholds, given: () => [0, activations()] },
  'UnitThresholds#merge': { on: thresholds, given: () => [thresholds()] },
  'UnitThresholds#state': { on: thresholds },
  'UnitThresholds#result': {
    on: () => {
      const own = thresholds();
      own.add(0, activations());
      return own;
    },
  },
  unitMasks: {
    given: () => [
      activations(),
      Float32Array.of(2),
      { mapSize: [2, 2], upsampling: 'half-pixel', size: [4, 4], imageSize: [8, 8] },
    ],
  },
  DissectionTally: { given: () => [tallyOptions()] },
  'DissectionTally.from': { given: () => [sealed(tally().state())] },
  'DissectionTally#add': { on: tally, given: () => [9, masked().concepts, sealed(masked().masks)] },
  'DissectionTally#merge': { on: tally, given: () => [tally()] },
  'DissectionTally#result': { on: tally, given: () => [{ iouLimit: 0.1 }] },
  'DissectionTally#match': { on: tally, given: () => [0, 1] },
  'DissectionTally#state': { on: tally },
  intersectionOverUnion: { given: () => [{ truth: 2, activation: 2, intersection: 1 }] },
  ChanceTally: { given: () => [{ ...tallyOptions(), permutations: 2, seed: 0 }] },
  'ChanceTally.from': { given: () => [sealed(chance().state())] },
  'ChanceTally#add': {
    on: chance,
    given: () => [[{ image: 9, concepts: masked().concepts, masks: sealed(masked().masks) }]],
  },
  'ChanceTally#merge': { on: chance, given: () => [chance()] },
  'ChanceTally#result': { on: chance, given: () => [tally()] },
  'ChanceTally#state': { on: chance },

  randomRotation: { given: () => [{ units: 3, seed: 0, amount: 0.5 }] },
  rotateUnits: {
    given: () => [identity, randomRotation({ units: 3, seed: 0 })],
    use: async (probe: dissection.AnyProbe) => {
      const given = images();
      try {
        return await probe(given);
      } finally {
        given.dispose();
      }
    },
  },

  bootstrapIntervals: {
    given: () => [
      sealed(
        handmadeDissection([], {
          images: 1,
          imageCounts: [{ image: 0, labels: [], truth: [], units: [], activation: [], intersection: [] }],
        }),
      ),
      { resamples: 4, level: 0.9, seed: 0 },
    ],
  },
  chanceLevel: { given: () => [handmade()] },
  falseDiscoveryRate: { given: () => [[0.01, 0.5], { rate: 0.1, dependence: 'any' }] },
  dissectionStatistics: {
    given: () => [handmade(), { resamples: 4, level: 0.9, seed: 0, falseDiscoveryRate: 0.1, dependence: 'any' }],
  },

  compareDissections: {
    given: () => [[{ dissection: handmade(), network: 'a', training: 'b' }], { iouLimit: 0.1 }],
  },
  uniqueDetectors: { given: () => [[sealed(handmade().units[0]!)], { iouLimit: 0.1 }] },
  uniqueDetectorsChart: { given: () => [comparison(), { count: 'detectors' }] },
  conceptHistogram: { given: () => [comparison(), { concepts: 2 }] },
  trackUnits: { given: () => [[{ step: 0, dissection: handmade() }], { iouLimit: 0.1 }] },
  unitTransitions: { given: () => [tracks(), { from: 0, to: 0, by: 'category' }] },
  detectorsOverSteps: { given: () => [tracks()] },
  unitTracksChart: { given: () => [tracks()] },
  transitionsChart: { given: () => [[{ from: 'sky', to: null, units: 1 }]] },
  tallyRecords: { given: () => [handmade()] },
  tallyCsv: { given: () => [handmade()] },
  parseTallyCsv: {
    given: () => ['unit,category,label,score,object-label,object-truth,object-activation,object-intersect,object-iou'],
  },
  maskOfRuns: { given: () => [[1, 2, 1]] },
  dissectionReport: {
    given: () => [
      [{ dissection: handmade(), network: 'a' }],
      { title: 'a', intro: ['b'], imagesPerUnit: 1, pictureSize: 8 },
    ],
  },

  conceptScenes: { given: () => [{ seed: 0, count: 2, size: 16, labelSize: 8, noise: 1 }] },
  openBroden: {
    given: () => [
      async (path: string) => broden[path]!,
      { split: 'train', voidLabels: [255], exifOrientation: 'apply' },
    ],
    use: readFirst,
  },
  folderConcepts: {
    given: () => [
      async (path: string) => folder[path]!,
      {
        images: ['images/a.png'],
        imageSize: [4, 4],
        labelSize: [4, 4],
        labelMapsOf: () => ['labels/a.png'],
        imageLabelsOf: () => [1],
        names: 'names.csv',
        voidLabels: [255],
      },
    ],
    use: readFirst,
  },
  cocoConcepts: {
    given: () => [
      coco(),
      {
        readFile: async (path: string) => folder[path]!,
        imageSize: [4, 4],
        labelSize: [2, 2],
        categoryOf: () => 'object',
        skipUnsegmented: true,
      },
    ],
    use: readFirst,
  },
  writeBroden: { given: () => [concepts(), async () => {}, { splitOf: () => 'train' }] },
};

describeHostileCalls('dissect', dissection, calls);
