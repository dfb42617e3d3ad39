import type { AnyProbe } from '@cnnviz/internal';
import { conformance, describeOnBackends, tinyProbe } from '@cnnviz/testing';
import type { ConceptData } from '../data/concepts.ts';
import { dissect, dissectLayers } from './dissect.ts';
import { type DissectShardOptions, dissectShard } from './dissect-shard.ts';
import type { AnyLayersProbe, DissectOptions } from './dissection-options.ts';
import { mergeShards } from './merge-shards.ts';

/** Two images of 8 x 8 pixels, with a concept in the upper half and one of the whole image. */
const concepts: ConceptData = {
  concepts: [
    { number: 1, name: 'above', category: 'object' },
    { number: 5, name: 'scene', category: 'scene' },
  ],
  categories: ['object', 'scene'],
  imageSize: [8, 8],
  labelSize: [4, 4],
  count: 2,
  read: async (index) => ({
    name: `${index}`,
    pixels: Uint8Array.from({ length: 192 }, (_, value) => (value * (index + 3)) % 256),
    height: 8,
    width: 8,
    maps: [{ category: 'object', labels: Uint16Array.from({ length: 16 }, (_, pixel) => (pixel < 8 ? 1 : 0)) }],
    imageLabels: [{ category: 'scene', label: 5 }],
  }),
};
/** The probe of one layer as one of several. */
const ofLayer =
  (probe: AnyProbe): AnyLayersProbe =>
  (images) => {
    const maps = probe(images);
    return maps instanceof Promise ? maps.then((layer) => ({ layer })) : { layer: maps };
  };
const probe = () => tinyProbe({ shape: [8, 8, 3], classes: 2 });
const options: Omit<DissectOptions, 'probe' | 'concepts'> = {
  upsampling: 'half-pixel',
  quantile: 0.7,
  batchSize: 1,
  topImages: 1,
};
const badOptions = [
  [{ quantile: 1 }, /quantile must be a number >= 0 and < 1, got 1/],
  [{ iouLimit: 2 }, /iouLimit must be a number >= 0 and <= 1, got 2/],
  [{ batchSize: 0 }, /batchSize must be an integer >= 1, got 0/],
  [{ activationMemory: -1 }, /activationMemory must be a number >= 0, got -1/],
  [{ keepImages: 1 }, /keepImages must be true or false, got 1/],
] as const;

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  conformance({
    name: 'dissect',
    inputs: () => ({ probe: probe() }),
    models: ['probe'],
    later: ['probe'],
    options: { ...options, seed: 0 },
    run: ({ probe }, options) => dissect({ ...options, probe, concepts }),
    badOptions: [...badOptions, [{ upsampling: 'nearest' }, /upsampling must be a ReceptiveField/]],
    badInputs: [[() => ({ probe: 'conv1' as never }), /probe must be a function, got "conv1"/]],
    abortable: true,
    seeded: 'without effect',
    nonFinite: /activations must be finite, got NaN from unit 0 on image 0/,
  });

  conformance({
    name: 'dissectLayers',
    inputs: () => ({ probe: probe() }),
    models: ['probe'],
    later: ['probe'],
    options: { ...options, seed: 0, upsampling: { layer: 'align-corners' as const } },
    run: ({ probe }, options) => dissectLayers({ ...options, probe: ofLayer(probe), concepts }),
    badOptions: [
      ...badOptions,
      [{ upsampling: {} }, /upsampling must be a record of at least one named layer, got {}/],
    ],
    abortable: true,
    seeded: 'without effect',
    nonFinite: /activations must be finite, got NaN from unit 0 on image 0/,
  });

  conformance({
    name: 'dissectShard',
    inputs: () => ({ probe: probe() }),
    models: ['probe'],
    later: ['probe'],
    options: {
      upsampling: { layer: 'align-corners' },
      quantile: 0.7,
      batchSize: 1,
      topImages: 1,
      images: [0, 2],
    } as Omit<DissectShardOptions, 'probe' | 'concepts'>,
    run: async ({ probe }, options) => {
      const shared: DissectShardOptions = { ...options, probe: ofLayer(probe), concepts };
      const thresholds = await mergeShards([await dissectShard(shared)], { count: 2 });
      return mergeShards([await dissectShard({ ...shared, thresholds })], { count: 2, thresholds });
    },
    badOptions: [badOptions[0], [{ images: [0, 3] }, /images\[1\] must be an integer >= 1 and <= 2, got 3/]],
    abortable: true,
    nonFinite: /activations must be finite, got NaN from unit 0 on image 0/,
  });
});
