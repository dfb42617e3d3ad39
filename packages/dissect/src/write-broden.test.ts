import { decode } from 'fast-png';
import { describe, expect, test } from 'vitest';
import { conceptScenes } from './concept-scenes.ts';
import type { ConceptData } from './concepts.ts';
import { writeBroden } from './write-broden.ts';

const data: ConceptData = {
  concepts: [
    { number: 1, name: 'a, "b"', category: 'object' },
    { number: 300, name: '<script>', category: 'part' },
    { number: 7, name: 'beach-s', category: 'scene' },
  ],
  categories: ['object', 'part', 'scene'],
  imageSize: [2, 4],
  labelSize: [1, 2],
  count: 3,
  read: async (index) => ({
    name: ['shore/1.jpg', 'shore/1.jpg', '../../etc/passwd'][index]!,
    pixels: new Uint8Array(24).fill(50 + index),
    height: 2,
    width: 4,
    maps:
      index === 2
        ? []
        : [
            { category: 'object', labels: Uint16Array.of(1, 0) },
            { category: 'part', labels: Uint16Array.of(300, index) },
            { category: 'part', labels: Uint16Array.of(0, 300) },
          ],
    imageLabels: index === 1 ? [] : [{ category: 'scene', label: 7 }],
  }),
};

async function written(of: ConceptData, options = {}): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  await writeBroden(of, (path, bytes) => void files.set(path, bytes), options);
  return files;
}

const textOf = (files: Map<string, Uint8Array>, path: string) => new TextDecoder().decode(files.get(path));

describe('writeBroden', () => {
  test('writes the tables of Broden', async () => {
    const files = await written(data, { splitOf: (index: number) => (index === 0 ? 'train' : 'val') });
    expect(textOf(files, 'index.csv')).toBe(
      [
        'image,split,ih,iw,sh,sw,object,part,scene',
        'shore/1.png,train,2,4,1,2,shore/1_object.png,shore/1_part.png;shore/1_part_2.png,7',
        'image-1.png,val,2,4,1,2,image-1_object.png,image-1_part.png;image-1_part_2.png,',
        'image-2.png,val,2,4,1,2,,,7',
        '',
      ].join('\n'),
    );
    expect(textOf(files, 'category.csv')).toBe(
      'name,first,last,count,frequency\nobject,1,1,1,2\npart,1,300,2,3\nscene,7,7,1,2\n',
    );
    // Image 1 has label 1 in a map of parts too.
    expect(textOf(files, 'label.csv')).toBe(
      [
        'number,name,category,frequency,coverage,syns',
        '1,"a, ""b""",object(2);part(1),3,1.500000,',
        '7,beach-s,scene(2),2,2.000000,',
        '300,<script>,part(2),2,2.000000,',
        '',
      ].join('\n'),
    );
    expect(textOf(files, 'c_part.csv')).toBe(
      'code,number,name,frequency,coverage\n1,300,<script>,2,2.000000\n2,1,"a, ""b""",1,0.500000\n',
    );
  });

  test('writes images as they are and labels as red + 256 green', async () => {
    const files = await written(data);
    const { width, height, data: pixels } = decode(files.get('images/image-1.png')!);
    expect([width, height, [...pixels]]).toEqual([4, 2, Array(24).fill(51)]);
    expect([...decode(files.get('images/shore/1_part.png')!).data]).toEqual([44, 1, 0, 0, 0, 0]);
    expect([...decode(files.get('images/image-1_part.png')!).data]).toEqual([44, 1, 0, 1, 0, 0]);
    expect([...files.keys()].every((path) => !path.includes('..'))).toBe(true);
  });

  test('tells how far it is, and stops when asked to', async () => {
    const progress: number[] = [];
    await written(data, { onProgress: ({ images }: { images: number }) => void progress.push(images) });
    expect(progress).toEqual([1, 2, 3]);
    await expect(written(data, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  });

  test('refuses categories that cannot be columns, labels without a concept and other kinds of arguments', async () => {
    await expect(written({ ...data, categories: ['../x'] })).rejects.toThrow(
      '@cnnviz/dissect: writeBroden: data.categories must be letters, digits, _ and -, none of image,split,ih,iw,sh,sw, got "../x"',
    );
    await expect(written({ ...data, categories: ['image'] })).rejects.toThrow('got "image"');
    await expect(written({ ...data, concepts: data.concepts.slice(1) })).rejects.toThrow(
      'a label of shore/1.jpg must be the number of a concept, got 1',
    );
    await expect(written(3 as never)).rejects.toThrow('data must be densely labelled data, got 3');
    await expect(writeBroden(data, 'folder' as never)).rejects.toThrow('writeFile must be a function, got "folder"');
  });

  test('writes rendered scenes, a map for each category', async () => {
    const scenes = conceptScenes({ seed: 0, count: 2, size: 16 });
    const files = await written(scenes);
    const { maps } = await scenes.read(1);
    const map = decode(files.get('images/scene-0-1_object.png')!).data;
    expect(Uint16Array.from({ length: 256 }, (_, pixel) => map[3 * pixel]! + 256 * map[3 * pixel + 1]!)).toEqual(
      maps[0]!.labels,
    );
    expect(files.size).toBe(2 * 6 + 3 + 6);
  });
});
