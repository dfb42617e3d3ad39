import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parseTallyCsv } from '../report/tally-table.ts';
import { intersectionOverUnion } from '../tallies/dissection-tally.ts';
import { uniqueDetectors } from './unique-detectors.ts';

describe('uniqueDetectors', () => {
  const match = (name: string, category: string, iou: number) => ({ concept: { name, category }, iou });

  it('counts by category and by best label', () => {
    const units = [
      { best: match('sky', 'object', 0.3), byCategory: [match('sky', 'object', 0.3), match('blue', 'color', 0.1)] },
      { best: match('sky', 'object', 0.2), byCategory: [match('sky', 'object', 0.2), match('gray', 'color', 0.05)] },
      { best: match('red', 'color', 0.04), byCategory: [match('red', 'color', 0.04)] },
      { best: null, byCategory: [] },
    ];
    expect(uniqueDetectors(units)).toEqual({
      detectors: 2,
      uniquePerCategory: 3,
      uniqueBestLabels: 1,
      categories: [
        { category: 'color', units: 2, uniquePerCategory: 2, detectors: 0, uniqueBestLabels: 0 },
        { category: 'object', units: 2, uniquePerCategory: 1, detectors: 2, uniqueBestLabels: 1 },
      ],
    });
    expect(uniqueDetectors(units, { iouLimit: 0.25 })).toMatchObject({ detectors: 1, uniquePerCategory: 1 });
  });

  it('is nothing of nothing', () => {
    expect(uniqueDetectors([])).toEqual({ detectors: 0, uniquePerCategory: 0, uniqueBestLabels: 0, categories: [] });
  });

  it('refuses a limit outside [0, 1]', () => {
    expect(() => uniqueDetectors([], { iouLimit: -1 })).toThrow(RangeError);
  });
});

async function publishedTally(name: string) {
  return parseTallyCsv(await readFile(`${process.env.CNNVIZ_DATA}/netdissect-tallies/${name}.csv`, 'utf8')).units;
}

// Of each file the detectors, the unique ones per category and the unique best labels, above 0.04 and above 0.05.
const published = [
  ['caffe_reference_places365', [118, 91, 72], [82, 70, 55]],
  ['caffe_reference_places205', [107, 79, 60], [72, 51, 42]],
  ['caffe_reference_imagenet', [97, 61, 50], [69, 43, 40]],
  ['ResNet-152-model_places365', [1452, 347, 278], [1092, 290, 236]],
] as const;

describe.runIf(process.env.CNNVIZ_DATA)("NetDissect's published tallies (needs CNNVIZ_DATA)", () => {
  it.each(published)('%s', async (name, above4, above5) => {
    const units = await publishedTally(name);
    for (const { byCategory } of units) {
      for (const { iou, ...counts } of byCategory) {
        expect(Math.abs(intersectionOverUnion(counts) - iou)).toBeLessThanOrEqual(1e-12);
      }
    }
    for (const [iouLimit, expected] of [
      [0.04, above4],
      [0.05, above5],
    ] as const) {
      const { detectors, uniquePerCategory, uniqueBestLabels } = uniqueDetectors(units, { iouLimit });
      expect([detectors, uniquePerCategory, uniqueBestLabels]).toEqual(expected);
    }
  });

  it('AlexNet-Places365 by category', async () => {
    const { categories } = uniqueDetectors(await publishedTally('caffe_reference_places365'));
    const counts = categories.map((each) => [each.category, each.units, each.uniquePerCategory]);
    expect(counts).toEqual([
      ['color', 2, 2],
      ['material', 3, 2],
      ['object', 81, 40],
      ['part', 17, 9],
      ['scene', 21, 13],
      ['texture', 47, 25],
    ]);
  });
});
