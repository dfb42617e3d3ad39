import { encode } from 'fast-png';
import { describe, expect, test } from 'vitest';
import { folderConcepts } from './folder-concepts.ts';

const png = (data: Uint8Array | Uint16Array, channels: number, width: number, depth: 8 | 16 = 8) =>
  encode({ width, height: data.length / channels / width, channels, depth, data });

const files: Record<string, Uint8Array> = {
  'names.csv': new TextEncoder().encode('number,name,category\n1,"a, b",object\n300,red-c,color\n2,__proto__,object\n'),
  'images/x/one.png': png(
    Uint8Array.from({ length: 48 }, (_, index) => index),
    3,
    4,
  ),
  'labels/x/one.png': png(Uint16Array.of(1, 0, 300, 300, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), 1, 4, 16),
};

const reading =
  (changes: Record<string, Uint8Array> = {}) =>
  async (path: string) => {
    const file = { ...files, ...changes }[path];
    if (file === undefined) throw new Error(`no file ${path}`);
    return file;
  };

const options = { images: ['images/x/one.png'], imageSize: [4, 4] as const };

describe('folderConcepts', () => {
  test('reads images, label maps by category, and names', async () => {
    const data = await folderConcepts(reading(), { ...options, imageLabelsOf: () => [2] });
    expect(data.concepts).toEqual([
      { number: 1, name: 'a, b', category: 'object' },
      { number: 300, name: 'red-c', category: 'color' },
      { number: 2, name: '__proto__', category: 'object' },
    ]);
    expect([data.categories, data.count]).toEqual([['object', 'color'], 1]);
    const image = await data.read(0);
    expect(image).toEqual({
      name: 'images/x/one.png',
      height: 4,
      width: 4,
      pixels: Uint8Array.from({ length: 48 }, (_, index) => index),
      imageLabels: [{ category: 'object', label: 2 }],
      maps: [
        { category: 'object', labels: Uint16Array.of(1, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1) },
        { category: 'color', labels: Uint16Array.of(0, 0, 300, 300, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) },
      ],
    });
    const { pixels, height, width, ...labels } = image;
    expect(await data.readLabels!(0)).toEqual(labels);
  });

  test('reads names as every table is read', async () => {
    const text = '\r\nnumber, name ,category\n1.0,"a, b", object\n\n300., red-c,color\n2,__proto__ ,object\r\n';
    const data = await folderConcepts(reading({ 'names.csv': new TextEncoder().encode(text) }), options);
    expect(data.concepts).toEqual((await folderConcepts(reading(), options)).concepts);
    expect(data.categories).toEqual(['object', 'color']);
    const wrong = new TextEncoder().encode('number,name,category\n\n1,x,object\n\n0x2,y,object\n');
    await expect(folderConcepts(reading({ 'names.csv': wrong }), options)).rejects.toThrow(
      'names.csv row 5: number must',
    );
  });

  test('reads the void labels of PASCAL VOC as none where it is told of them, and else suggests it', async () => {
    // As its maps are: a palette of 256 colors, the last one for the pixels around objects.
    const palette = Array.from({ length: 256 }, (_, index): [number, number, number] => [index, 0, 0]);
    const data = Uint8Array.of(0, 0, 255, 255, 0, 255, 1, 1, 255, 1, 1, 1, 255, 1, 1, 2);
    const map = encode({ width: 4, height: 4, channels: 1, depth: 8, data, palette });
    const read = reading({ 'labels/x/one.png': map });
    const concepts = await folderConcepts(read, { ...options, voidLabels: [255], imageLabelsOf: () => [255, 2] });
    const { maps, imageLabels } = await concepts.read(0);
    expect(maps.map(({ labels }) => labels)).toEqual([Uint16Array.from(data, (label) => (label === 255 ? 0 : label))]);
    expect(imageLabels).toEqual([{ category: 'object', label: 2 }]);
    await expect((await folderConcepts(read, options)).read(0)).rejects.toThrow(
      'labels/x/one.png at row 0, column 2 must be 0 or a number of names.csv, got 255; if 255 stands for no concept, say so with voidLabels: [255]',
    );
    await expect(folderConcepts(read, { ...options, voidLabels: [255, 1] })).rejects.toThrow(
      'voidLabels must be labels that are no numbers of concepts, got 1',
    );
  });

  test('brings images and labels to their sizes', async () => {
    const data = await folderConcepts(reading(), { ...options, imageSize: [2, 2], labelSize: [8, 8] });
    const { pixels, maps } = await data.read(0);
    // The mean of 0, 3, 12, 15.
    expect(pixels[0]).toBe(8);
    expect([...maps[0]!.labels.subarray(0, 8)]).toEqual([1, 1, 0, 0, 0, 0, 0, 0]);
  });

  test('refuses what does not fit, and names file, row and pixel', async () => {
    const names = (text: string) => ({ 'names.csv': new TextEncoder().encode(text) });
    const refused = async (changes: Record<string, Uint8Array>) =>
      folderConcepts(reading(changes), options).then((data) => data.read(0));
    const cases: [Record<string, Uint8Array>, string][] = [
      [names('a,b\n1,2'), 'names.csv must have a column number, it has a,b'],
      [
        names('number,name,category\n0,x,object'),
        'names.csv row 2: number must be an integer >= 1 and <= 65535, got 0',
      ],
      [names('number,name,category\n1,x,o\n1,y,o'), 'names.csv row 3: number must be a number of its own, got 1'],
      [names('number,name,category\n1,x'), 'names.csv row 2: category must be a category, got ""'],
      [
        { 'labels/x/one.png': png(Uint8Array.of(1, 1, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), 1, 4) },
        'labels/x/one.png at row 0, column 2 must be 0 or a number of names.csv, got 9',
      ],
      [
        { 'labels/x/one.png': png(new Uint8Array(64), 1, 16) },
        'labels/x/one.png must be a map of the aspect of images/x/one.png, 4 x 4, got "16 x 4"',
      ],
      [{ 'labels/x/one.png': png(new Uint8Array(48), 3, 4) }, 'labels/x/one.png must be a PNG file of one channel'],
    ];
    for (const [changes, message] of cases) await expect(refused(changes)).rejects.toThrow(message);
    const data = await folderConcepts(reading(), { ...options, images: ['images/two.png'] });
    await expect(data.read(0)).rejects.toThrow('no file images/two.png');
    await expect(data.read(1)).rejects.toThrow('index must be an integer >= 0 and <= 0, got 1');
    await expect(folderConcepts('folder' as never, options)).rejects.toThrow(
      'readFile must be a function, got "folder"',
    );
    await expect(folderConcepts(reading(), { ...options, images: [] })).rejects.toThrow(
      'images must be paths of images',
    );
    await expect(folderConcepts(reading(), { ...options, imageSize: [0, 4] })).rejects.toThrow(
      'imageSize must be 2 whole',
    );
    await expect(
      folderConcepts(reading(), { ...options, imageLabelsOf: () => [7] }).then((of) => of.readLabels!(0)),
    ).rejects.toThrow('the label of images/x/one.png must be a number of names.csv, got 7');
  });
});
