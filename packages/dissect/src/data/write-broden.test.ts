import { decode } from 'fast-png';
import { describe, expect, test } from 'vitest';
import { conceptScenes } from '../scenes/concept-scenes.ts';
import type { ConceptData } from './concepts.ts';
import { openBroden } from './open-broden.ts';
import { type WriteBrodenProgress, writeBroden } from './write-broden.ts';

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

  /** Images of these names, each of a gray level and a label of its own, in a map of each of the categories. */
  const named = (names: readonly string[], categories: readonly string[]): ConceptData => ({
    concepts: names.map((_, index) => ({ number: index + 1, name: `c${index}`, category: categories[0]! })),
    categories,
    imageSize: [1, 1],
    labelSize: [1, 1],
    count: names.length,
    read: async (index) => ({
      name: names[index]!,
      pixels: new Uint8Array(3).fill(index),
      height: 1,
      width: 1,
      maps: [...categories, ...categories].map((category) => ({ category, labels: Uint16Array.of(index + 1) })),
      imageLabels: [],
    }),
  });

  test.each<[string, string[], string[]]>([
    ['a name like that of an index', ['image-1.jpg', 'été.jpg', 'image-2', 'ñ.jpg', 'image-1_2'], ['object']],
    ['an index that comes before the name', ['é', 'image-0.png', 'image-0', 'image-0_2.jpg'], ['object']],
    ['names that become equal', ['a.jpg', 'a.png', 'a.JPEG', 'a', 'A.jpg'], ['object']],
    ['an image like a map', ['a_object.jpg', 'a.jpg', 'a_object_2.png', 'a_object_object'], ['object']],
    ['a map like an image', ['a.jpg', 'a_object.jpg', 'A_OBJECT_2'], ['object']],
    ['maps of categories that continue each other', ['a.jpg', 'a_x.jpg'], ['x', 'x_2', 'x_2_2']],
    ['a folder like a file', ['a.jpg', 'a.png/b.jpg', 'c.png/d', 'c', 'e_object.png/f', 'e'], ['object']],
    ['names of devices and of nothing', ['con.jpg', 'a/nul', 'aux.b.jpg', 'a./b', 'a/b', '.png', '', ' '], ['object']],
    ['a name that is said again and again', Array(12).fill('x.jpg'), ['object']],
  ])('gives every file a name of its own, also where cases are the same: %s', async (_, names, categories) => {
    const paths: string[] = [];
    const files = new Map<string, Uint8Array>();
    const source = named(names, categories);
    await writeBroden(source, (path, bytes) => {
      paths.push(path);
      files.set(path, bytes);
    });
    const lower = paths.map((path) => path.toLowerCase());
    expect(new Set(lower).size).toBe(paths.length);
    expect(paths.length).toBe(names.length * (1 + 2 * categories.length) + 3 + categories.length);
    const folders = lower.flatMap((path) =>
      path
        .split('/')
        .slice(1)
        .map((_, depth) =>
          path
            .split('/')
            .slice(0, depth + 1)
            .join('/'),
        ),
    );
    expect(folders.filter((folder) => lower.includes(folder))).toEqual([]);
    const again = await openBroden(async (path) => files.get(path)!);
    for (const index of names.keys()) {
      const { pixels, maps } = await again.read(index);
      expect([...pixels]).toEqual([index, index, index]);
      expect(maps.map(({ category, labels }) => [category, ...labels])).toEqual(
        categories.flatMap((category) => [
          [category, index + 1],
          [category, index + 1],
        ]),
      );
    }
  });

  test('counts a pixel once in a category, however many maps carry it there', async () => {
    const files = await written(named(['a'], ['object', 'part']));
    expect(textOf(files, 'c_object.csv')).toContain('1,1,c0,1,1.000000');
    expect(textOf(files, 'label.csv')).toContain('1,c0,object(1);part(1),2,2.000000,');
  });

  test('refuses categories whose files would be one', async () => {
    await expect(written(named(['a'], ['object', 'Object']))).rejects.toThrow(
      'data.categories must be names that differ in more than small and capital letters, got ["object", "Object"]',
    );
    await expect(written(named(['a'], ['object', 'object']))).rejects.toThrow(RangeError);
  });

  test.each<[string, object]>([
    ['image 0 must be an object with name, maps and imageLabels, got undefined', {}],
    ['image 0 must be an object with name, maps and imageLabels, got { name }', { name: 'a' }],
    ['the pixels of a must be 1 x 1 x 3 numbers, got undefined', { name: 'a', maps: [], imageLabels: [] }],
  ])('refuses what read should not give: %s', async (message, image) => {
    const given = Object.keys(image).length === 0 ? undefined : image;
    const read = async () => given as never;
    await expect(written({ ...named(['a'], ['object']), read })).rejects.toThrow(`writeBroden: ${message}`);
  });

  test('refuses maps that it could not write', async () => {
    const source = named(['a'], ['object']);
    const withMaps = (maps: object[], imageLabels: object[] = []): ConceptData => ({
      ...source,
      read: async (index) => ({ ...(await source.read(index)), maps, imageLabels }) as never,
    });
    const labels = Uint16Array.of(1);
    for (const [data, message] of [
      [withMaps([{ category: 'part', labels }]), 'the category of map 0 of a must be one of "object", got "part"'],
      [withMaps([], [{ category: 'part', label: 1 }]), 'the category of a label of a must be one of "object"'],
      [withMaps([{ category: 'object', labels: [1] }]), 'map 0 of a must be a Uint16Array, got [1]'],
      [withMaps([{ category: 'object', labels: new Uint16Array(2) }]), 'map 0 of a must be 1 x 1 labels'],
    ] as const) {
      await expect(written(data)).rejects.toThrow(message);
    }
  });

  test('tells how far it is, and stops when asked to', async () => {
    const seen: unknown[] = [];
    await written(data, { onProgress: (progress: WriteBrodenProgress) => void seen.push(progress) });
    expect(seen).toEqual([1, 2, 3].map((done) => ({ done, total: 3 })));
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
    await expect(written(3 as never)).rejects.toThrow('data must be densely labeled data, got 3');
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
