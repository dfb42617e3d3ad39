import { useBackend } from '@cnnviz/testing';
import { damagedBytes, damagedJson, damagedText, fuzz } from '@cnnviz/testing/damaged';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChanceTally } from './chance-tally.ts';
import { type CocoAnnotations, cocoConcepts } from './coco-concepts.ts';
import { conceptScenes } from './concept-scenes.ts';
import type { ConceptData } from './concepts.ts';
import { type DissectionState, type DissectOptions, dissect } from './dissect.ts';
import { dissectShard, mergeShards } from './dissection-shards.ts';
import { DissectionTally } from './dissection-tally.ts';
import { folderConcepts } from './folder-concepts.ts';
import { openBroden } from './open-broden.ts';
import { parseTallyCsv, tallyCsv } from './tally-table.ts';
import { TopActivationsTally } from './top-activations-tally.ts';
import { UnitThresholds } from './unit-thresholds.ts';
import { writeBroden } from './write-broden.ts';

useBackend('cpu');

const scenes = conceptScenes({ seed: 0, count: 2, size: 16 });
const options: Omit<DissectOptions, 'onProgress'> = {
  probe: (images) => images,
  concepts: scenes,
  upsampling: 'half-pixel',
  quantile: 0.9,
  topImages: 1,
  keepImages: true,
};

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

  it('of tallies are read or refused', async () => {
    const text = tallyCsv(await dissect(options));
    expect(parseTallyCsv(text).units).toHaveLength(3);
    await fuzz(damagedText(text), parseTallyCsv);
  });

  it('of states are gone on from or refused', async () => {
    const states: DissectionState[] = [];
    await dissect({
      ...options,
      batchSize: 1,
      chance: { permutations: 2 },
      onProgress: ({ state }) => void states.push(state()),
    });
    const carried = JSON.parse(JSON.stringify(states)) as DissectionState[];
    const damaged = fc.oneof(...carried.map((state) => damagedJson(state)));
    await fuzz(damaged, (state) => dissect({ ...options, batchSize: 1, chance: { permutations: 2 }, state }));
  });

  it('of shards are joined or refused', async () => {
    const { probe, upsampling, ...rest } = options;
    const shared = { ...rest, probe: (images: Tensor4D) => ({ a: probe(images) }), upsampling: { a: upsampling } };
    const shards = await Promise.all([0, 1].map((first) => dissectShard({ ...shared, images: [first, first + 1] })));
    await fuzz(damagedJson(JSON.parse(JSON.stringify(shards)) as typeof shards), (damaged) =>
      mergeShards(damaged, { count: 2 }),
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
