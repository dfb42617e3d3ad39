import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { runInNewContext } from 'node:vm';
import { encode } from 'fast-png';
import jpeg from 'jpeg-js';
import { describe, expect, it } from 'vitest';
import { openBroden } from './open-broden.ts';

/** A PNG file of 3 x 2 pixels whose labels are red + 256 green. */
const mapOf = (labels: readonly number[], channels: 3 | 4 = 3, [width, height] = [3, 2]) =>
  encode({
    width: width!,
    height: height!,
    channels,
    depth: 8,
    data: Uint8Array.from(labels.flatMap((label) => [label % 256, Math.floor(label / 256), 0, 255].slice(0, channels))),
  });

const photo = encode({
  width: 6,
  height: 4,
  channels: 3,
  depth: 8,
  data: Uint8Array.from({ length: 72 }, (_, i) => i),
});

const files = {
  'category.csv': 'name,first,last,count,frequency\nobject,1,2,2,9\n"scene, all",300,300,1,4\n',
  'label.csv':
    'number,name,category,frequency,coverage,syns\n0,-,,0,0,\n1,sky,object(3),3,1,\n2,"car, red;wagon",object(1);scene(1),1,1,auto;automobile\n300,beach-s,scene(1),1,1,\n',
  'c_object.csv': 'code,number,name,frequency,coverage\n1,1,sky,3,1.5\n2,2,car,3,0.5\n',
  'c_scene, all.csv': 'code,number,name,frequency,coverage\n1,300,beach-s,1,1\n2,2,car,1,0.5\n',
  'index.csv': [
    'image,split,ih,iw,sh,sw,object,"scene, all"',
    'a.png,train,4,6,2,3,a_1.png;a_2.png,300',
    'sub folder/ä.jpg,val,4,6,2,3,,"300;2"',
    'c.png,val,4,6,2,3,c_1.png,',
    '',
  ].join('\r\n'),
  'images/a.png': photo,
  'images/a_1.png': mapOf([0, 1, 2, 300, 300, 0]),
  'images/a_2.png': mapOf([0, 0, 0, 1, 0, 0], 4),
  'images/sub folder/ä.jpg': jpeg.encode({ width: 6, height: 4, data: new Uint8Array(96).fill(120) }, 95)
    .data as Uint8Array,
  'images/c.png': photo,
  'images/c_1.png': mapOf([1, 1, 1, 1, 1, 1]),
};
type Files = Record<string, string | Uint8Array>;

const sourceOf =
  (folder: Files) =>
  async (path: string): Promise<Uint8Array> => {
    const file = Object.hasOwn(folder, path) ? folder[path]! : undefined;
    if (file === undefined) throw new Error('no such file');
    return typeof file === 'string' ? new TextEncoder().encode(file) : file;
  };
const open = (changes: Files = {}) => openBroden(sourceOf({ ...files, ...changes }));

describe('openBroden', () => {
  it('reads the tables', async () => {
    const { concepts, categories, imageSize, labelSize, count } = await open();
    expect(categories).toEqual(['object', 'scene, all']);
    expect(concepts).toEqual([
      { number: 1, name: 'sky', category: 'object' },
      // Covered as much in both: the later category.
      { number: 2, name: 'car, red;wagon', category: 'scene, all' },
      { number: 300, name: 'beach-s', category: 'scene, all' },
    ]);
    expect([imageSize, labelSize, count]).toEqual([[4, 6], [2, 3], 3]);
  });

  it('reads images, maps as red + 256 green, and labels of images', async () => {
    const data = await open();
    const first = await data.read(0);
    expect(first).toEqual({
      name: 'a.png',
      pixels: Uint8Array.from({ length: 72 }, (_, i) => i),
      height: 4,
      width: 6,
      maps: [
        { category: 'object', labels: Uint16Array.of(0, 1, 2, 300, 300, 0) },
        { category: 'object', labels: Uint16Array.of(0, 0, 0, 1, 0, 0) },
      ],
      imageLabels: [{ category: 'scene, all', label: 300 }],
    });
    const second = await data.read(1);
    expect(second.maps).toEqual([]);
    expect(second.imageLabels.map(({ label }) => label)).toEqual([300, 2]);
    expect(second.pixels.every((level) => Math.abs(level - 120) <= 2)).toBe(true);
    expect(await data.readLabels!(2)).toEqual({
      name: 'c.png',
      maps: [{ category: 'object', labels: Uint16Array.of(1, 1, 1, 1, 1, 1) }],
      imageLabels: [],
    });
  });

  it('reads the tables that a program for data frames has written again', async () => {
    const plain = await open();
    const index = [
      ',image,split,ih,iw,sh,sw,object,"scene, all"',
      '0,a.png,train,4.0,6.0,2.0,3.0,a_1.png;a_2.png,300.0',
      '1,sub folder/ä.jpg,val,4.0,6.0,2.0,3.0,nan,300.;2.0',
      '2,c.png,val,4.0,6.0,2.0,3.0,c_1.png,NaN',
    ];
    const again = await open({
      'index.csv': index.join('\n'),
      'label.csv': ',number,name,category\n0,0.0,-,\n1,1.0,sky,\n2,2.0,"car, red;wagon",\n3,300.0,beach-s,\n',
      'c_object.csv': 'number,coverage\n1.0,1.5e+00\n2.0,0.5\n',
    });
    expect(again.concepts).toEqual(plain.concepts);
    for (let image = 0; image < 3; image++) expect(await again.read(image)).toEqual(await plain.read(image));
  });

  it('takes files and errors of another realm', async () => {
    const copyOf = runInNewContext('(bytes) => new Uint8Array(bytes)') as (bytes: Uint8Array) => Uint8Array;
    const fail = runInNewContext("() => { throw new Error('not on this disk'); }") as () => never;
    const read = sourceOf(files);
    const data = await openBroden(async (path) => (path.includes('ä') ? fail() : copyOf(await read(path))));
    expect(await data.read(0)).toEqual(await (await open()).read(0));
    await expect(data.read(1)).rejects.toThrow(/ä\.jpg .*cannot be read: not on this disk$/);
  });

  it('opens one split', async () => {
    const data = await openBroden(sourceOf(files), { split: 'val' });
    expect(data.count).toBe(2);
    expect((await data.read(1)).name).toBe('c.png');
    await expect(openBroden(sourceOf(files), { split: 'test' })).rejects.toThrow(
      'index.csv lists no image of the split test',
    );
  });

  it('reads over HTTP, and says what a server answered', async () => {
    const read = sourceOf(files);
    const server = createServer((request, response) => {
      read(decodeURIComponent(request.url!.replace('/data/', ''))).then(
        (file) => response.end(file),
        () => response.writeHead(404, 'Not Found').end(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const data = await openBroden(`http://127.0.0.1:${port}/data`);
      expect((await data.read(1)).name).toBe('sub folder/ä.jpg');
      await expect(openBroden(new URL(`http://127.0.0.1:${port}/data/else/`))).rejects.toThrow(
        /category\.csv cannot be read: http:.*category\.csv answered 404 Not Found/,
      );
    } finally {
      server.close();
    }
  });

  it.each([
    ['?token=1&signature=a%2Fb', 'data?token=1&signature=a%2Fb'],
    ['/?token=1&signature=a%2Fb', 'data/?token=1&signature=a%2Fb'],
    ['?token=1&signature=a%2Fb', 'data/?token=1&signature=a%2Fb#top'],
  ])('asks for each file with the query of a signed address (%s)', async (_, address) => {
    const read = sourceOf(files);
    const asked: string[] = [];
    const server = createServer((request, response) => {
      const { pathname, search } = new URL(request.url!, 'http://localhost');
      asked.push(request.url!);
      const isSigned = search === '?token=1&signature=a%2Fb';
      read(isSigned ? decodeURIComponent(pathname.replace('/data/', '')) : 'none').then(
        (file) => response.end(file),
        () => response.writeHead(403, 'Forbidden').end(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      for (const source of [`http://127.0.0.1:${port}/${address}`, new URL(`http://127.0.0.1:${port}/${address}`)]) {
        const data = await openBroden(source);
        expect((await data.read(1)).name).toBe('sub folder/ä.jpg');
      }
      expect(asked[0]).toBe('/data/category.csv?token=1&signature=a%2Fb');
    } finally {
      server.close();
    }
  });

  it('reads void labels as none where it is told of them, and else suggests it', async () => {
    const changes = {
      'images/a_1.png': mapOf([255, 1, 255, 300, 300, 65535]),
      'index.csv': files['index.csv'].replace('300;2', '300;255;2'),
    };
    const source = sourceOf({ ...files, ...changes });
    const data = await openBroden(source, { voidLabels: [255, 65535] });
    expect((await data.readLabels!(0)).maps[0]!.labels).toEqual(Uint16Array.of(0, 1, 0, 300, 300, 0));
    expect((await data.readLabels!(1)).imageLabels.map(({ label }) => label)).toEqual([300, 2]);
    await expect(openBroden(source)).rejects.toThrow(
      'index.csv row 3 must be 0 or numbers of label.csv, got 255; if 255 stands for no concept, say so with voidLabels: [255]',
    );
    const other = await openBroden(sourceOf({ ...files, 'images/a_1.png': changes['images/a_1.png'] }), {
      voidLabels: [255],
    });
    await expect(other.read(0)).rejects.toThrow('got 65535; if 65535 stands for no concept, say so with voidLabels');
    await expect(openBroden(source, { voidLabels: [300] })).rejects.toThrow(
      'voidLabels must be labels that are no numbers of concepts, got 300',
    );
    await expect(openBroden(source, { voidLabels: 255 as never })).rejects.toThrow(
      'voidLabels must be a list of labels',
    );
  });

  it('turns photographs as they say, and leaves them where the index has the size as stored', async () => {
    const orientation = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0];
    const exif = [0x45, 0x78, 0x69, 0x66, 0, 0, ...orientation, 0, 0, 0, 0];
    const jpegOf = (width: number, height: number) => {
      const plain = jpeg.encode({ width, height, data: new Uint8Array(96).fill(9) }, 95).data;
      return Uint8Array.from([0xff, 0xd8, 0xff, 0xe1, 0, exif.length + 2, ...exif, ...plain.subarray(2)]);
    };
    const path = 'images/sub folder/ä.jpg';
    const turned = await (await open({ [path]: jpegOf(4, 6) })).read(1);
    expect([turned.height, turned.width, turned.pixels.length]).toEqual([4, 6, 72]);
    await expect((await open({ [path]: jpegOf(6, 4) })).read(1)).rejects.toThrow(
      "ä.jpg (index.csv row 3) must have 4 x 6 pixels, it has 6 x 4 since its EXIF orientation is 6; exifOrientation: 'ignore' leaves it as stored",
    );
    const stored = sourceOf({ ...files, [path]: jpegOf(6, 4) });
    const { pixels } = await (await openBroden(stored, { exifOrientation: 'ignore' })).read(1);
    expect(pixels.length).toBe(72);
  });

  const row = (cells: string) => ({ 'index.csv': `image,split,ih,iw,sh,sw,object,"scene, all"\n${cells}\n` });
  const huge = mapOf([1, 1, 1, 1, 1, 1]);
  new DataView(huge.buffer, huge.byteOffset).setUint32(16, 2 ** 31 - 1);

  it.each<[string, Files]>([
    ['c_object.csv cannot be read: no such file', { 'c_object.csv': undefined as never }],
    ['index.csv must have a column sh', { 'index.csv': 'image,split,ih,iw,object\n' }],
    ['index.csv row 2 has 9 cells, the first row has 8', row('a.png,train,4,6,2,3,,,1')],
    ['index.csv row 2: ih must be an integer >= 1 and <= 8192, got NaN', row('a.png,train,four,6,2,3,,')],
    [
      'index.csv row 3: sw is 4, but 3 in index.csv row 2: all must be alike',
      row('a.png,train,4,6,2,3,,\nb.png,train,4,6,2,4,,'),
    ],
    ['index.csv row 2: image must be a path inside the folder, got "../a.png"', row('../a.png,train,4,6,2,3,,')],
    [
      'index.csv row 2: object must be a path inside the folder, got "a/../../b.png"',
      row('a.png,train,4,6,2,3,a_1.png;a/../../b.png,'),
    ],
    [
      'index.csv row 2: object must be a path inside the folder, got "/etc/passwd"',
      row('a.png,train,4,6,2,3,/etc/passwd,'),
    ],
    [
      'index.csv row 2: object must be a path inside the folder, got "http://a/b.png"',
      row('a.png,train,4,6,2,3,http://a/b.png,'),
    ],
    [
      'index.csv row 2: object must be a path inside the folder, got "..\\\\b.png"',
      row('a.png,train,4,6,2,3,..\\b.png,'),
    ],
    ['index.csv row 2 must be 0 or numbers of label.csv, got 7', row('a.png,train,4,6,2,3,,7')],
    ['index.csv row 2: scene, all must be an integer >= 0 and <= 65535, got 65536', row('a.png,train,4,6,2,3,,65536')],
    ['index.csv row 2: scene, all must be an integer >= 0 and <= 65535, got 2.5', row('a.png,train,4,6,2,3,,2.5')],
    ['index.csv row 2: scene, all must be an integer >= 0 and <= 65535, got -2', row('a.png,train,4,6,2,3,,300;-2')],
    ['index.csv row 4: ih must be an integer >= 1 and <= 8192, got NaN', row('\n\r\na.png,train,four,6,2,3,,')],
    ['index.csv lists no image', { 'index.csv': 'image,split,ih,iw,sh,sw,object,"scene, all"\n' }],
    [
      'category.csv row 2 must be the name of a category, part of a file name, got "../c"',
      { 'category.csv': 'name\n../c\n' },
    ],
    ['category.csv row 3: category object is there twice', { 'category.csv': 'name\nobject\nobject\n' }],
    ['label.csv row 2: number 9 is in none of the files c_*.csv', { 'label.csv': 'number,name\n9,sky\n' }],
    ['number 2 of the files c_*.csv is not in label.csv', { 'label.csv': 'number,name\n1,sky\n300,beach\n' }],
    ['label.csv row 3: number 1 is there twice', { 'label.csv': 'number,name\n1,sky\n1,sky\n' }],
    ['c_object.csv row 2: coverage must be a number >= 0', { 'c_object.csv': 'number,coverage\n1,much\n' }],
    ['label.csv row 2: ', { 'label.csv': 'number,name\n1,"sky\n' }],
  ])('refuses at once: %s', async (message, changes) => {
    const folder: Files = { ...files, ...changes };
    for (const [path, file] of Object.entries(folder)) if (file === undefined) delete folder[path];
    await expect(openBroden(sourceOf(folder))).rejects.toThrow(`@cnnviz/dissect: openBroden: ${message}`);
  });

  it.each<[string, Files]>([
    ['images/a_1.png (index.csv row 2) cannot be read: no such file', { 'images/a_1.png': undefined as never }],
    [
      'a_1.png (index.csv row 2) must be 0 or numbers of label.csv, got 515',
      { 'images/a_1.png': mapOf([0, 1, 515, 0, 0, 0]) },
    ],
    [
      'a_1.png (index.csv row 2) must have 2 x 3 pixels, it has 3 x 2',
      { 'images/a_1.png': mapOf([0, 1, 2, 0, 0, 0], 3, [2, 3]) },
    ],
    ['a_1.png (index.csv row 2) must have 2 x 3 pixels, it has 2 x 2147483647', { 'images/a_1.png': huge }],
    [
      'a_1.png (index.csv row 2) must be a PNG file of 8-bit RGB, got "1 channels of 8 bits"',
      { 'images/a_1.png': encode({ width: 3, height: 2, channels: 1, depth: 8, data: new Uint8Array(6) }) },
    ],
    [
      'a_1.png (index.csv row 2) must be a PNG file of 8-bit RGB, got "3 channels of 16 bits"',
      { 'images/a_1.png': encode({ width: 3, height: 2, channels: 3, depth: 16, data: new Uint16Array(18) }) },
    ],
    [
      'a_1.png (index.csv row 2) must be red + 256 green, without blue, got "blue 9 at pixel 1"',
      {
        'images/a_1.png': encode({
          width: 3,
          height: 2,
          channels: 3,
          depth: 8,
          data: Uint8Array.from({ length: 18 }, (_, i) => (i === 5 ? 9 : 0)),
        }),
      },
    ],
    ['a_1.png (index.csv row 2) must be a whole PNG file', { 'images/a_1.png': files['images/a_1.png'].slice(0, 50) }],
    ['a.png (index.csv row 2) must have 4 x 6 pixels, it has 2 x 3', { 'images/a.png': mapOf([0, 1, 2, 0, 0, 0]) }],
    [
      'a.png (index.csv row 2) must be a JPEG or PNG file, got "one that starts with 3c 68 74 6d"',
      { 'images/a.png': `<html>${'not found '.repeat(9)}` },
    ],
  ])('refuses when it reads: %s', async (message, changes) => {
    const folder: Files = { ...files, ...changes };
    for (const [path, file] of Object.entries(folder)) if (file === undefined) delete folder[path];
    const data = await openBroden(sourceOf(folder));
    await expect(data.read(0)).rejects.toThrow(`@cnnviz/dissect: openBroden: ${message}`);
    // The other images are as they were.
    expect((await data.read(2)).name).toBe('c.png');
  });

  it('refuses an index outside, and a source that is none', async () => {
    await expect((await open()).read(3)).rejects.toThrow('index must be an integer >= 0 and <= 2, got 3');
    await expect(openBroden(7 as never)).rejects.toThrow(TypeError);
    await expect(openBroden('file:///tmp')).rejects.toThrow(RangeError);
  });

  it('stops with the reason of the signal', async () => {
    const controller = new AbortController();
    controller.abort(new Error('enough'));
    await expect(openBroden('http://127.0.0.1:9/', { signal: controller.signal })).rejects.toThrow('enough');
  });
});

describe.runIf(process.env.CNNVIZ_DATA)('mini-broden (needs CNNVIZ_DATA)', () => {
  const folder = `${process.env.CNNVIZ_DATA}/mini-broden`;
  it('holds as many pixels of each concept as its tables say', async () => {
    const data = await openBroden((path) => readFile(`${folder}/${path}`));
    expect([data.count, data.imageSize, data.labelSize]).toEqual([991, [224, 224], [112, 112]]);
    const frequency = new Map<number, number>();
    const coverage = new Map<number, number>();
    for (let index = 0; index < data.count; index++) {
      const { maps, imageLabels } = await data.readLabels!(index);
      const pixels = new Map<number, number>(imageLabels.map(({ label }) => [label, 112 * 112]));
      for (const { labels } of maps) for (const label of labels) pixels.set(label, (pixels.get(label) ?? 0) + 1);
      for (const [label, count] of pixels) {
        frequency.set(label, (frequency.get(label) ?? 0) + 1);
        coverage.set(label, (coverage.get(label) ?? 0) + count / 112 ** 2);
      }
    }
    const table = (await readFile(`${folder}/label.csv`, 'utf8')).trim().split('\n').slice(1);
    expect(table.length).toBe(43);
    for (const line of table) {
      const [number, name, , images, covered] = line.split(',');
      expect([name, frequency.get(Number(number))]).toEqual([name, Number(images)]);
      expect(coverage.get(Number(number))).toBeCloseTo(Number(covered), 4);
    }
    expect(new Set(data.concepts.map(({ category }) => category))).toEqual(new Set(['color', 'object', 'texture']));
  });
});
