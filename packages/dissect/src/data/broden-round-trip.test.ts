import { encode } from 'fast-png';
import { expect, test } from 'vitest';
import { conceptScenes } from '../scenes/concept-scenes.ts';
import { cocoConcepts } from './coco-concepts.ts';
import type { ConceptData, ConceptImage } from './concepts.ts';
import { folderConcepts } from './folder-concepts.ts';
import { openBroden } from './open-broden.ts';
import { writeBroden } from './write-broden.ts';

async function throughBroden(data: ConceptData): Promise<ConceptData> {
  const files = new Map<string, Uint8Array>();
  await writeBroden(data, (path, bytes) => void files.set(path, bytes));
  return openBroden(async (path) => files.get(path) ?? Promise.reject(new Error('no such file')));
}

const byNumber = ({ concepts }: ConceptData) => [...concepts].sort((a, b) => a.number - b.number);

/** Maps without labels are not told from none, and their order is that of the categories. */
const comparable = ({ name, maps, imageLabels, ...image }: ConceptImage, categories: readonly string[]) => ({
  ...image,
  name: name.replace(/\.\w+$/, ''),
  maps: categories.flatMap((category) => maps.filter((map) => map.category === category)),
  imageLabels,
});

async function expectRoundTrip(data: ConceptData): Promise<void> {
  const read = await throughBroden(data);
  expect([read.categories, read.imageSize, read.labelSize, read.count]).toEqual([
    data.categories,
    data.imageSize,
    data.labelSize,
    data.count,
  ]);
  expect(byNumber(read)).toEqual(byNumber(data));
  for (let index = 0; index < data.count; index++) {
    const [expected, found] = [await data.read(index), await read.read(index)];
    expect(comparable(found, data.categories)).toEqual(comparable(expected, data.categories));
  }
}

test('rendered scenes come back from Broden as they were', async () => {
  await expectRoundTrip(conceptScenes({ seed: 3, count: 3, size: 32, labelSize: 16 }));
});

test('COCO annotations with objects over each other, and odd names, come back from Broden as they were', async () => {
  const square = (left: number, top: number, side: number) => [
    [left, top, left + side, top, left + side, top + side, left, top + side],
  ];
  const photo = encode({ width: 8, height: 8, channels: 3, depth: 8, data: new Uint8Array(192).fill(77) });
  const data = cocoConcepts(
    {
      images: [{ id: 1, file_name: 'sub folder/ä.png', width: 8, height: 8 }],
      categories: [
        { id: 3, name: '__proto__' },
        { id: 65535, name: '<script>alert("1, 2; 3")</script>' },
        { id: 256, name: 'never seen' },
      ],
      annotations: [
        { image_id: 1, category_id: 3, segmentation: square(0, 0, 6) },
        { image_id: 1, category_id: 65535, segmentation: square(2, 2, 2) },
      ],
    },
    { readFile: async () => photo, imageSize: [8, 8], labelSize: [4, 4] },
  );
  const renamed: ConceptData = { ...data, read: async (index) => ({ ...(await data.read(index)), name: 'image-0' }) };
  await expectRoundTrip(renamed);
  expect((await (await throughBroden(data)).read(0)).name).toBe('image-0.png');
});

test('a plain folder comes back from Broden as it was', async () => {
  const gray = (data: Uint8Array) => encode({ width: 4, height: 4, channels: 1, depth: 8, data });
  const files: Record<string, Uint8Array> = {
    'names.csv': new TextEncoder().encode('number,name,category\n1,sky,object\n2,cloud,part\n9,day-s,scene\n'),
    'images/1.png': gray(Uint8Array.from({ length: 16 }, (_, pixel) => 16 * pixel)),
    'labels/1.png': gray(Uint8Array.from({ length: 16 }, (_, pixel) => pixel % 3)),
  };
  const data = await folderConcepts(async (path) => files[path]!, {
    images: ['images/1.png'],
    imageSize: [4, 4],
    imageLabelsOf: () => [9],
  });
  await expectRoundTrip(data);
});
