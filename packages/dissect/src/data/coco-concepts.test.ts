import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { encode } from 'fast-png';
import { describe, expect, test } from 'vitest';
import { type CocoAnnotations, cocoConcepts } from './coco-concepts.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const square = (left: number, top: number, side: number) => [
  [left, top, left + side, top, left + side, top + side, left, top + side],
];

const annotations: CocoAnnotations = {
  images: [
    { id: 70, file_name: 'a.png', width: 8, height: 8 },
    { id: 71, file_name: 'sub/b.png', width: 8, height: 8 },
  ],
  categories: [
    { id: 3, name: 'car', supercategory: 'vehicle' },
    { id: 90, name: 'wheel', supercategory: 'piece' },
  ],
  annotations: [
    { image_id: 70, category_id: 3, segmentation: square(0, 0, 6) },
    { image_id: 70, category_id: 90, segmentation: square(2, 2, 2) },
    { image_id: 70, category_id: 90, segmentation: { counts: [56, 8], size: [8, 8] } },
  ],
};

const pixels = Uint8Array.from({ length: 192 }, (_, index) => index);
const readFile = async () => encode({ width: 8, height: 8, channels: 3, depth: 8, data: pixels });
const options = { readFile, imageSize: [8, 8] as const, labelSize: [4, 4] as const };

const rowsOf = (labels: Uint16Array) =>
  Array.from({ length: 4 }, (_, row) => [...labels.subarray(4 * row, 4 * row + 4)]);

describe('cocoConcepts', () => {
  test('puts smaller objects on top, and the larger ones below them into a further map', async () => {
    const data = cocoConcepts(annotations, options);
    expect(data.concepts).toEqual([
      { number: 3, name: 'car', category: 'object' },
      { number: 90, name: 'wheel', category: 'object' },
    ]);
    expect([data.count, data.categories, data.labelSize]).toEqual([2, ['object'], [4, 4]]);
    const image = await data.read(0);
    expect(image.maps.map(({ category }) => category)).toEqual(['object', 'object']);
    expect(rowsOf(image.maps[0]!.labels)).toEqual([
      [3, 3, 3, 90],
      [3, 90, 3, 90],
      [3, 3, 3, 90],
      [0, 0, 0, 90],
    ]);
    expect(rowsOf(image.maps[1]!.labels)).toEqual([
      [0, 0, 0, 0],
      [0, 3, 0, 0],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ]);
    expect([image.name, image.pixels]).toEqual(['a.png', pixels]);
    expect(await data.readLabels!(1)).toEqual({ name: 'sub/b.png', maps: [], imageLabels: [] });
  });

  test('keeps categories apart where asked to', async () => {
    const data = cocoConcepts(annotations, {
      ...options,
      categoryOf: ({ supercategory }) => supercategory ?? 'object',
    });
    expect(data.categories).toEqual(['vehicle', 'piece']);
    const { maps } = await data.readLabels!(0);
    expect(maps.map(({ category }) => category)).toEqual(['vehicle', 'piece']);
    expect(rowsOf(maps[0]!.labels)[1]).toEqual([3, 3, 3, 0]);
    expect(rowsOf(maps[1]!.labels)[1]).toEqual([0, 90, 0, 90]);
  });

  test('covers the pixels of which the center is in a triangle', async () => {
    const triangle = { image_id: 70, category_id: 3, segmentation: [[0, 0, 8, 0, 0, 8]] };
    const data = cocoConcepts({ ...annotations, annotations: [triangle] }, { ...options, labelSize: [80, 80] });
    const { maps } = await data.readLabels!(0);
    const { labels } = maps[0]!;
    for (let row = 0; row < 80; row++) {
      for (let column = 0; column < 80; column++) {
        if (row + column === 79) continue;
        expect(labels[row * 80 + column]).toBe(row + column < 79 ? 3 : 0);
      }
    }
  });

  test('gives category 0, whose id would be no label, a number of its own', async () => {
    const counted = {
      ...annotations,
      categories: [
        { id: 0, name: 'person' },
        { id: 1, name: 'car' },
      ],
      annotations: [
        { image_id: 70, category_id: 0, segmentation: square(0, 0, 2) },
        { image_id: 70, category_id: 1, segmentation: square(4, 4, 4) },
      ],
    };
    const data = cocoConcepts(counted, options);
    expect(data.concepts.map(({ number, name }) => [number, name])).toEqual([
      [2, 'person'],
      [1, 'car'],
    ]);
    const { maps } = await data.readLabels!(0);
    expect(rowsOf(maps[0]!.labels)).toEqual([
      [2, 0, 0, 0],
      [0, 0, 0, 0],
      [0, 0, 1, 1],
      [0, 0, 1, 1],
    ]);
  });

  test.each([
    ['undefined', undefined, 'none'],
    ['null', null, 'null'],
    ['an empty list', [], '[]'],
    ['a list of empty polygons', [[]], '[[]]'],
  ])('names an annotation whose segmentation is %s, or leaves it out', async (_, segmentation, received) => {
    const boxed = { image_id: 70, category_id: 3, bbox: [0, 0, 4, 4], segmentation };
    const mixed = { ...annotations, annotations: [annotations.annotations[1]!, boxed] };
    expect(() => cocoConcepts(mixed, options)).toThrow(
      `annotations.annotations[1].segmentation must be polygons or run lengths, got ${received}; skipUnsegmented: true leaves it out`,
    );
    const left = await cocoConcepts(mixed, { ...options, skipUnsegmented: true }).readLabels!(0);
    const without = cocoConcepts({ ...annotations, annotations: [annotations.annotations[1]!] }, options);
    expect(left).toEqual(await without.readLabels!(0));
    expect(() => cocoConcepts(mixed, { ...options, skipUnsegmented: 1 as never })).toThrow(
      'skipUnsegmented must be true',
    );
  });

  test('keeps no masks', async () => {
    const [height, width, count] = [480, 640, 60];
    // Every other column, so that a mask is as large as its image and its runs are a few kilobytes.
    const counts = [0, ...Array.from({ length: width }, () => height)];
    const images = Array.from({ length: count }, (_, id) => ({ id, file_name: `${id}.png`, width, height }));
    const crowd = images.map(({ id }) => ({
      image_id: id,
      category_id: 3,
      segmentation: { counts, size: [height, width] as const },
    }));
    const data = cocoConcepts(
      { ...annotations, images, annotations: crowd },
      { ...options, imageSize: [height, width] },
    );
    const held = () => {
      collectGarbage();
      return process.memoryUsage().arrayBuffers;
    };
    const { maps } = await data.readLabels!(0);
    expect(maps[0]!.labels.reduce((sum, label) => sum + label, 0)).toBe(3 * 16);
    const before = held();
    for (let index = 0; index < count; index++) await data.readLabels!(index);
    // One mask is 307,200 bytes.
    expect(held() - before).toBeLessThan(2 * height * width);
    expect(data.count).toBe(count);
  });

  test('takes annotations as they were when it was called', async () => {
    const changed = structuredClone(annotations) as { annotations: { segmentation: unknown }[] } & CocoAnnotations;
    const data = cocoConcepts(changed, options);
    (changed.annotations[0]!.segmentation as number[][])[0]!.fill(0);
    (changed.annotations[2]!.segmentation as unknown as { counts: number[] }).counts.fill(0);
    expect(await data.readLabels!(0)).toEqual(await cocoConcepts(annotations, options).readLabels!(0));
  });

  test('refuses what does not fit, and says where it is', async () => {
    const withAnnotation = (change: object) => ({
      ...annotations,
      annotations: [{ ...annotations.annotations[0]!, ...change }],
    });
    const failing: [object, string][] = [
      [{ images: 3 }, 'annotations.images must be a list of objects, got 3'],
      [{ categories: [null] }, 'annotations.categories must be a list of objects, got'],
      [{ images: new Array(1) }, 'annotations.images must be a list of objects, got'],
      [withAnnotation({ image_id: 5 }), 'annotations.annotations[0].image_id must be the id of an image, got 5'],
      [
        withAnnotation({ category_id: 5 }),
        'annotations.annotations[0].category_id must be the id of a category, got 5',
      ],
      [withAnnotation({ segmentation: [[1, 2, 3, 4]] }), 'segmentation[0] must be x and y of three corners or more'],
      [withAnnotation({ segmentation: { counts: [1], size: [8, 8] } }), 'counts must be runs that add up to 64, got 1'],
      [withAnnotation({ segmentation: { counts: [64], size: [4, 16] } }), 'size must be [8, 8], got [4, 16]'],
      [
        { ...annotations, images: [{ ...annotations.images[0], file_name: '../../etc/passwd' }] },
        'annotations.images[0].file_name must be a path inside the folder, got "../../etc/passwd"',
      ],
      [{ ...annotations, categories: [{ id: -1, name: 'none' }] }, 'categories[0].id must be an integer >= 0'],
      [{ ...annotations, categories: [{ id: 3 }] }, 'annotations.categories[0].name must be a name, got undefined'],
      [
        { ...annotations, images: [annotations.images[0], annotations.images[0]] },
        'annotations.images[1].id must be an id of its own, got 70',
      ],
      [
        { ...annotations, categories: [...annotations.categories, { id: 0, name: 'x' }, { id: 65535, name: 'y' }] },
        'the number of category 0, after all ids, must be a number <= 65535, got 65536',
      ],
      [
        withAnnotation({ segmentation: { counts: [0.5, 63.5], size: [8, 8] } }),
        'counts must be runs that add up to 64',
      ],
      [
        withAnnotation({ segmentation: { counts: 64, size: [8, 8] } }),
        'counts must be run lengths, or a string, got 64',
      ],
      [withAnnotation({ segmentation: 5 }), 'annotations[0].segmentation must be polygons or run lengths, got 5'],
    ];
    for (const [broken, message] of failing) {
      expect(() => cocoConcepts({ ...annotations, ...broken } as never, options)).toThrow(message);
    }
    const wrongSize = { ...annotations, images: [{ ...annotations.images[0]!, width: 9 }], annotations: [] };
    await expect(cocoConcepts(wrongSize, options).read(0)).rejects.toThrow(
      '@cnnviz/dissect: cocoConcepts: a.png must be an image of 9 x 8, as annotated, got "8 x 8"',
    );
  });
});
