import { encode } from 'fast-png';
import { describe, expect, test } from 'vitest';
import { type CocoAnnotations, cocoConcepts } from './coco-concepts.ts';

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

  test('covers the pixels of which the centre is in a triangle', async () => {
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
      [{ ...annotations, categories: [{ id: 0, name: 'none' }] }, 'categories[0].id must be an integer >= 1'],
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
