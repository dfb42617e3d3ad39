import type { Probe } from '@cnnviz/internal';
import { useBackend } from '@cnnviz/testing';
import { damagedBytes, damagedJson, damagedText, fuzz } from '@cnnviz/testing/damaged';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { encode as encodePng } from 'fast-png';
import { encode as encodeJpeg } from 'jpeg-js';
import { describe, expect, it } from 'vitest';
import { type CocoAnnotations, cocoConcepts } from '../src/data/coco-concepts.ts';
import type { ConceptData } from '../src/data/concepts.ts';
import { folderConcepts } from '../src/data/folder-concepts.ts';
import { openBroden } from '../src/data/open-broden.ts';
import { writeBroden } from '../src/data/write-broden.ts';
import { dissect, dissectLayers } from '../src/dissection/dissect.ts';
import { dissectShard } from '../src/dissection/dissect-shard.ts';
import type { DissectOptions } from '../src/dissection/dissection-options.ts';
import type { DissectionState } from '../src/dissection/dissection-state.ts';
import { mergeShards } from '../src/dissection/merge-shards.ts';
import {
  type FieldGraph,
  type LayersTopology,
  type LayerTopology,
  receptiveField,
} from '../src/receptive-field/receptive-field.ts';
import { parseTallyCsv, tallyCsv } from '../src/report/tally-table.ts';
import { conceptScenes } from '../src/scenes/concept-scenes.ts';
import { ChanceTally } from '../src/tallies/chance-tally.ts';
import { DissectionTally } from '../src/tallies/dissection-tally.ts';
import { mergeTopActivations, type TopActivationsProgress, topActivations } from '../src/tallies/top-activations.ts';
import { type TopActivationsState, TopActivationsTally } from '../src/tallies/top-activations-tally.ts';
import { UnitThresholds } from '../src/tallies/unit-thresholds.ts';

useBackend('cpu');

const scenes = conceptScenes({ seed: 0, count: 2, size: 16 });
const options: Omit<DissectOptions, 'onProgress' | 'probe'> & { probe: Probe } = {
  probe: (images) => images,
  concepts: scenes,
  upsampling: 'half-pixel',
  quantile: 0.9,
  topImages: 1,
  keepImages: true,
};

const levels = (length: number) => Uint8Array.from({ length }, (_, index) => (index * 37) % 256);
const photo = { width: 9, height: 7, channels: 4, depth: 8 } as const;
const grays = Array.from({ length: 256 }, (_, level) => [level, level, level]);

async function brodenFiles(): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  await writeBroden(
    scenes,
    (path, bytes) => void files.set(path, typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes),
  );
  return files;
}

async function readAll(data: ConceptData): Promise<void> {
  for (let index = 0; index < Math.min(data.count, 3); index++) await data.read(index);
}

describe('damaged files', () => {
  it('of Broden are read or refused', async () => {
    const files = await brodenFiles();
    const damaged = fc.oneof(
      ...[...files].map(([path, bytes]) => {
        const contents = path.endsWith('.csv')
          ? damagedText(new TextDecoder().decode(bytes)).map((text) => new TextEncoder().encode(text))
          : damagedBytes(bytes);
        return contents.map((content) => ({ path, content }));
      }),
    );
    await fuzz(damaged, async ({ path: damagedPath, content }) => {
      const data = await openBroden(async (path) => {
        const found = path === damagedPath ? content : files.get(path);
        if (found === undefined) throw new Error(`there is no ${path}`);
        return found;
      });
      await readAll(data);
    });
  });

  it('of a folder of label maps are read or refused', async () => {
    const files = await brodenFiles();
    const names = 'number,name,category\n1,car,object\n2,red,color\n300,sky,object\n';
    const image = [...files].find(([path]) => /\.png$/.test(path) && !/_/.test(path.split('/').at(-1)!))![1];
    const damaged = fc.oneof(
      fc.record({ names: damagedText(names), map: fc.constant(image) }),
      fc.record({ names: fc.constant(names), map: damagedBytes(image) }),
    );
    await fuzz(damaged, async ({ names, map }) => {
      const read = async (path: string) => (path.endsWith('.csv') ? new TextEncoder().encode(names) : map);
      await readAll(await folderConcepts(read, { images: ['images/1.png'], imageSize: [16, 16] }));
    });
  });

  it('of COCO are read or refused', async () => {
    const image = [...(await brodenFiles())].find(([path]) => path.endsWith('.png'))![1];
    const annotations: CocoAnnotations = {
      images: [{ id: 7, file_name: 'a.png', width: 8, height: 8 }],
      categories: [{ id: 3, name: 'car' }],
      annotations: [
        { image_id: 7, category_id: 3, segmentation: [[0, 0, 2, 0, 2, 4, 0, 4]] },
        { image_id: 7, category_id: 3, segmentation: { counts: [10, 20, 34], size: [8, 8] } },
        { image_id: 7, category_id: 3, segmentation: { counts: ':d0f0', size: [8, 8] } },
      ],
    };
    await fuzz(damagedJson(annotations), async (damaged) => {
      await readAll(cocoConcepts(damaged, { readFile: async () => image, imageSize: [16, 16] }));
    });
  });

  it.each<[string, () => Uint8Array]>([
    ['JPEG', () => encodeJpeg({ width: 9, height: 7, data: levels(252) }, 80).data],
    ['PNG of 16 bits and transparency', () => encodePng({ ...photo, data: Uint16Array.from(levels(252)), depth: 16 })],
    ['PNG with a palette', () => encodePng({ ...photo, data: levels(63), channels: 1, palette: grays })],
    ['PNG of one bit', () => encodePng({ ...photo, data: levels(14), channels: 1, depth: 1 })],
  ])('of photographs (%s) are read or refused', async (_, make) => {
    const annotations: CocoAnnotations = {
      images: [{ id: 7, file_name: 'a', width: 9, height: 7 }],
      categories: [{ id: 3, name: 'car' }],
      annotations: [{ image_id: 7, category_id: 3, segmentation: [[0, 0, 2, 0, 2, 4, 0, 4]] }],
    };
    const read = (file: Uint8Array) =>
      readAll(cocoConcepts(annotations, { readFile: async () => file, imageSize: [16, 16] }));
    await read(make());
    await fuzz(damagedBytes(make()), read);
  });

  it('of tallies are read or refused', async () => {
    const text = tallyCsv(await dissect(options));
    expect(parseTallyCsv(text).units).toHaveLength(3);
    await fuzz(damagedText(text), parseTallyCsv);
  });

  it('of states are resumed from or refused', async () => {
    const states: DissectionState[] = [];
    await dissect({
      ...options,
      batchSize: 1,
      chance: { permutations: 2 },
      onProgress: ({ state }) => void states.push(state()),
    });
    const carried = JSON.parse(JSON.stringify(states)) as DissectionState[];
    const damaged = fc.oneof(...carried.map((state) => damagedJson(state)));
    await fuzz(damaged, (state) => dissect({ ...options, batchSize: 1, chance: { permutations: 2 }, resume: state }));
  });

  it('of shards are joined or refused', async () => {
    const { probe, upsampling, ...rest } = options;
    const shared = { ...rest, probe: (images: Tensor4D) => ({ a: probe(images) }), upsampling: { a: upsampling } };
    const found = (given: { thresholds?: DissectionState }) =>
      Promise.all([0, 1].map((first) => dissectShard({ ...shared, ...given, images: [first, first + 1] })));
    const throughJson = <T>(value: T) => JSON.parse(JSON.stringify(value)) as T;
    const first = throughJson(await found({}));
    const thresholds = throughJson(await mergeShards(first, { count: 2 }));
    const second = throughJson(await found({ thresholds }));
    await fuzz(damagedJson(first), (damaged) => mergeShards(damaged, { count: 2 }));
    await fuzz(damagedJson({ second, thresholds }), async (damaged) => {
      const { second, thresholds } = damaged ?? {};
      if (thresholds === undefined) return;
      await dissectLayers({ ...shared, resume: await mergeShards(second, { count: 2, thresholds }) });
    });
    await fuzz(damagedJson(thresholds), (damaged) => dissectShard({ ...shared, thresholds: damaged, images: [0, 1] }));
    const without = throughJson(await found({})) as Extract<(typeof first)[number], { phase: 'thresholds' }>[];
    for (const layer of without[1]!.layers) layer.top = null;
    await expect(mergeShards(without, { count: 2 })).rejects.toThrow('either all shards have top images or none does');
    for (const count of [2 ** 31, 1e300]) {
      await expect(mergeShards(first, { count })).rejects.toThrow(/images 2 to \S+ are in no shard/);
    }
  });

  it('of top activations are resumed from or refused', async () => {
    const batches = [0, 1].map((level) => tf.fill<tf.Rank.R4>([2, 2, 2, 3], level));
    const states: TopActivationsState[] = [];
    const onProgress = ({ state }: TopActivationsProgress) => void states.push(state());
    const whole = await topActivations((images) => images, batches, { perUnit: 3, onProgress });
    const before = tf.memory().numTensors;
    await fuzz(fc.oneof(...states.map((state) => damagedJson(state))), async (resume) => {
      try {
        mergeTopActivations(resume, whole);
      } finally {
        await topActivations((images) => images, batches, { perUnit: 3, resume }).finally(() =>
          expect(tf.memory().numTensors).toBe(before),
        );
      }
    });
    tf.dispose(batches);
  });

  it('of graphs are looked through or refused', async () => {
    const list = (...i: number[]) => ({ list: { i: i.map(String) } });
    const kernel = { tensor: { tensorShape: { dim: [3, 3, 1, 2].map((size) => ({ size: String(size) })) } } };
    const window = { strides: list(1, 2, 2, 1), padding: { s: btoa('SAME') }, data_format: { s: btoa('NHWC') } };
    const explicit = { padding: { s: btoa('EXPLICIT') }, explicit_paddings: list(0, 0, 1, 1, 1, 1, 0, 0) };
    const graph: FieldGraph = {
      node: [
        { name: 'x', op: 'Placeholder', attr: { shape: { shape: { dim: [-1, 8, 8, 1].map((size) => ({ size })) } } } },
        { name: 'kernel', op: 'Const', attr: { value: kernel } },
        { name: 'read', op: 'Identity', input: ['kernel'] },
        { name: 'conv', op: 'Conv2D', input: ['x', 'read'], attr: window },
        { name: 'other', op: 'Conv2D', input: ['x', 'read'], attr: { ...window, ...explicit } },
        { name: 'sum', op: 'AddV2', input: ['conv', 'other:0', '^x'] },
        { name: 'pool', op: 'MaxPool', input: ['sum'], attr: { ...window, ksize: list(1, 3, 3, 1) } },
      ],
    };
    receptiveField(graph, 'pool');
    const names = fc.constantFrom(...graph.node.map(({ name }) => name));
    const rewired = fc.array(fc.option(fc.array(names, { maxLength: 2 })), { minLength: 7, maxLength: 7 }).map(
      (inputs): FieldGraph => ({
        node: graph.node.map((node, index) => {
          const input = inputs[index] ?? node.input;
          return input === undefined ? node : { ...node, input };
        }),
      }),
    );
    await fuzz(fc.oneof(damagedJson(graph), rewired), (damaged) => receptiveField(damaged, 'pool'));
    expect(() => receptiveField([null as never])).toThrow('source must be a list of windows, got null');
  });

  it('of the layers of a model are looked through or refused', async () => {
    const kinds = ['InputLayer', 'ZeroPadding2D', 'Conv2D', 'MaxPooling2D'];
    const configs: object[] = [
      { batchInputShape: [null, 8, 8, 1] },
      { padding: 1 },
      { kernelSize: [3, 3], strides: [2, 2], padding: 'same' },
      { poolSize: [2, 2], strides: null },
    ];
    /** One after the other, named after their kinds. */
    const modelOf = (configs: readonly object[]): LayersTopology => {
      const layers: LayerTopology[] = [];
      for (const [index, name] of kinds.entries()) {
        const inboundNodes = [{ inboundLayers: layers.slice(-1) }];
        layers.push({ name, getClassName: () => name, getConfig: () => configs[index] ?? {}, inboundNodes });
      }
      return { layers };
    };
    receptiveField(modelOf(configs), 'MaxPooling2D');
    await fuzz(fc.tuple(...configs.map((config) => damagedJson(config))), (damaged) =>
      receptiveField(modelOf(damaged), 'MaxPooling2D'),
    );
  });

  it('of tallies in JSON are taken or refused', async () => {
    const states: DissectionState[] = [];
    await dissect({ ...options, chance: { permutations: 2 }, onProgress: ({ state }) => void states.push(state()) });
    const [layer] = (JSON.parse(JSON.stringify(states.at(-1))) as DissectionState).layers;
    await fuzz(damagedJson(layer!.thresholds), (state) => UnitThresholds.from(state).state());
    await fuzz(damagedJson(layer!.tally!), (state) => DissectionTally.from(state).result());
    await fuzz(damagedJson(layer!.chance!), (state) => ChanceTally.from(state).state());
    await fuzz(damagedJson(layer!.topImages!.top), (top) => TopActivationsTally.from(top).result());
  });
});
