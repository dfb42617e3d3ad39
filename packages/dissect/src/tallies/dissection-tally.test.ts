import { createRandom } from '@cnnviz/internal';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Concept, ImageConcepts } from '../data/concepts.ts';
import { DissectionTally, type DissectionTallyState } from './dissection-tally.ts';
import type { UnitMasks } from './unit-masks.ts';

/** Masks of the pixels for which the rule of a unit holds, on a map of `height` x `width`. */
function masksOf(
  [height, width]: readonly [number, number],
  rules: readonly ((x: number, y: number) => boolean)[],
): UnitMasks {
  const starts = [0];
  const pixels: number[] = [];
  for (const rule of rules) {
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) if (rule(x, y)) pixels.push(y * width + x);
    starts.push(pixels.length);
  }
  return { units: rules.length, starts: Uint32Array.from(starts), pixels: Uint32Array.from(pixels) };
}

const mapOf = (
  [height, width]: readonly [number, number],
  label: (x: number, y: number) => number,
  category = 'object',
) => ({
  category,
  labels: Uint16Array.from({ length: height * width }, (_, pixel) => label(pixel % width, Math.floor(pixel / width))),
});

/**
 * What NetDissect's test of intersect.py lists for eight quarter discs x² + y² <= 4 z² (units) and six half planes
 * x > 2 z (labels) on 10 x 10 pixels: (unit, label, pixels), -1 for any. Its buffer of 36 rows leaves out the last two.
 */
const intersectTest = [
  [7, -1, 100],
  [-1, 0, 90],
  [-1, 1, 70],
  [-1, 2, 50],
  [-1, 3, 30],
  [-1, 4, 10],
  [7, 0, 90],
  [7, 1, 70],
  [7, 2, 50],
  [7, 3, 30],
  [7, 4, 10],
  [0, -1, 1],
  [1, -1, 6],
  [2, -1, 17],
  [3, -1, 35],
  [4, -1, 58],
  [5, -1, 88],
  [6, -1, 97],
  [6, 0, 87],
  [5, 0, 78],
  [6, 1, 67],
  [5, 1, 58],
  [4, 0, 49],
  [6, 2, 47],
  [5, 2, 38],
  [4, 1, 33],
  [3, 0, 28],
  [6, 3, 27],
  [5, 3, 20],
  [4, 2, 18],
  [3, 1, 16],
  [2, 0, 12],
  [6, 4, 8],
  [4, 3, 5],
  [3, 2, 5],
  [5, 4, 5],
  [1, 0, 3],
  [2, 1, 4],
] as const;

describe('DissectionTally', () => {
  it("counts the 38 triples of NetDissect's own test", () => {
    const size = [10, 10] as const;
    const labels = [0, 1, 2, 3, 4, 5];
    const concepts = labels.map((z) => ({ number: z + 1, name: `x > ${2 * z}`, category: 'object' }));
    const tally = new DissectionTally({
      units: 8,
      concepts,
      categories: ['object'],
      labelSize: size,
      keepImages: true,
    });
    const discs = Array.from({ length: 8 }, (_, z) => (x: number, y: number) => x * x + y * y <= 4 * z * z);
    const maps = labels.map((z) => mapOf(size, (x) => (x > 2 * z ? z + 1 : 0)));
    tally.add(0, { name: 'discs', maps, imageLabels: [] }, masksOf(size, discs));

    const [counts] = tally.imageCounts;
    const triples: (readonly number[])[] = [];
    counts!.labels.forEach((label, index) => {
      triples.push([-1, label - 1, counts!.truth[index]!]);
    });
    counts!.units.forEach((unit, row) => {
      triples.push([unit, -1, counts!.activation[row]!]);
      counts!.labels.forEach((label, column) => {
        const pixels = counts!.intersection[row * counts!.labels.length + column]!;
        if (pixels > 0) triples.push([unit, label - 1, pixels]);
      });
    });
    const inOrder = (a: readonly number[], b: readonly number[]) => a[0]! - b[0]! || a[1]! - b[1]!;
    expect(triples.sort(inOrder)).toEqual([...intersectTest].sort(inOrder));
  });

  const sky: Concept = { number: 7, name: 'sky', category: 'object' };
  const sea: Concept = { number: 9, name: 'sea', category: 'object' };
  const beach: Concept = { number: 300, name: 'beach', category: 'scene' };
  const options = {
    units: 2,
    concepts: [sky, sea, beach],
    categories: ['object', 'scene'],
    labelSize: [2, 3],
  } as const;
  /** Unit 0 fires in the upper row, unit 1 nowhere. */
  const upperRow = masksOf([2, 3], [(_, y) => y === 0, () => false]);
  const upperSky = mapOf([2, 3], (x, y) => (y === 0 && x < 2 ? 7 : 0));

  it('has the IoU of a mask and a label in one image', () => {
    const tally = new DissectionTally(options);
    tally.add(0, { name: 'a', maps: [upperSky], imageLabels: [] }, upperRow);
    const [first, second] = tally.result();
    const match = { concept: sky, truth: 2, activation: 3, intersection: 2, iou: 2 / 3 };
    expect(first).toEqual({ unit: 0, best: match, isDetector: true, byCategory: [match] });
    expect(second).toEqual({ unit: 1, best: null, isDetector: false, byCategory: [] });
  });

  it('counts activations only on images that carry the primary category', () => {
    const tally = new DissectionTally(options);
    tally.add(0, { name: 'a', maps: [upperSky], imageLabels: [] }, upperRow);
    tally.add(1, { name: 'without labels', maps: [], imageLabels: [] }, upperRow);
    tally.add(2, { name: 'another category', maps: [], imageLabels: [{ category: 'scene', label: 300 }] }, upperRow);
    tally.add(3, { name: 'only background', maps: [mapOf([2, 3], () => 0)], imageLabels: [] }, upperRow);
    expect(tally.match(0, 7)).toMatchObject({ truth: 2, activation: 3, intersection: 2 });
    // The sea is nowhere, but its category is on image 0.
    expect(tally.match(0, 9)).toMatchObject({ truth: 0, activation: 3, intersection: 0, iou: 0 });
    // A label of the whole image fills the map.
    expect(tally.match(0, 300)).toMatchObject({ truth: 6, activation: 3, intersection: 3, iou: 0.5 });
  });

  it('goes by the primary category of a concept, not by that of the map it is found in', () => {
    const tally = new DissectionTally(options);
    tally.add(0, { name: 'a', maps: [{ ...upperSky, category: 'scene' }], imageLabels: [] }, upperRow);
    expect(tally.match(0, 7).activation).toBe(3);
    expect(tally.match(0, 300).activation).toBe(0);
  });

  describe('a pixel that carries a concept more than once', () => {
    const whole = { category: 'object', label: 7 };
    const images: [string, ImageConcepts, once: number, netdissect: number][] = [
      ['in two maps', { name: 'a', maps: [upperSky, upperSky], imageLabels: [] }, 2, 4],
      ['in three maps', { name: 'a', maps: [upperSky, upperSky, upperSky], imageLabels: [] }, 2, 6],
      [
        'in maps of two categories',
        { name: 'a', maps: [upperSky, { ...upperSky, category: 'scene' }], imageLabels: [] },
        2,
        4,
      ],
      ['in a map and by the whole image', { name: 'a', maps: [upperSky], imageLabels: [whole] }, 3, 5],
      ['by the whole image, twice', { name: 'a', maps: [], imageLabels: [whole, whole] }, 3, 6],
    ];

    it.each(images)('counts once for it: %s', (_, image, once) => {
      const tally = new DissectionTally({ ...options, keepImages: true });
      tally.add(0, image, upperRow);
      const { truth, activation, intersection, iou } = tally.match(0, 7);
      expect([activation, intersection]).toEqual([3, once]);
      // By hand: the unit fires on the three pixels of the upper row.
      expect(iou).toBe(once / (truth + 3 - once));
      expect(iou).toBeLessThanOrEqual(1);
      expect(tally.imageCounts[0]).toMatchObject({ labels: [7], truth: [truth], intersection: [once] });
    });

    it.each(images)('counts as often in the way of NetDissect: %s', (_, image, _once, netdissect) => {
      const tally = new DissectionTally({ ...options, repeatedLabels: 'netdissect' });
      tally.add(0, image, upperRow);
      expect(tally.match(0, 7)).toMatchObject({ activation: 3, intersection: netdissect });
      expect(() => tally.merge(new DissectionTally(options))).toThrow(
        'cannot merge tallies with different repeatedLabels',
      );
      expect(DissectionTally.from(tally.state()).match(0, 7)).toEqual(tally.match(0, 7));
    });

    it('may then have an IoU above 1, and else at most 1', () => {
      const image = { name: 'a', maps: [upperSky, upperSky, upperSky], imageLabels: [] };
      const sky = masksOf([2, 3], [(x, y) => y === 0 && upperSky.labels[x] === 7]);
      const iouBy = (repeatedLabels: 'once' | 'netdissect') => {
        const tally = new DissectionTally({ ...options, units: 1, repeatedLabels });
        tally.add(0, image, sky);
        return tally.result()[0]!.best!.iou;
      };
      expect(iouBy('once')).toBe(1);
      expect(iouBy('netdissect')).toBe(3);
      expect(() => new DissectionTally({ ...options, repeatedLabels: 'twice' as never })).toThrow(
        'repeatedLabels must be one of "once", "netdissect", got "twice"',
      );
    });

    it('leaves the labels as they were', () => {
      const tally = new DissectionTally(options);
      const image = { name: 'a', maps: [upperSky, upperSky], imageLabels: [whole] };
      const before = structuredClone(image);
      tally.add(0, image, upperRow);
      expect(image).toEqual(before);
    });
  });

  it('takes the first concept of equal ones, and the last category', () => {
    const tally = new DissectionTally(options);
    const maps = [upperSky, mapOf([2, 3], (x, y) => (y === 0 && x < 2 ? 9 : 0))];
    const scenes = mapOf([2, 3], (x, y) => (y === 0 && x < 2 ? 300 : 0), 'scene');
    tally.add(0, { name: 'a', maps: [...maps, scenes], imageLabels: [] }, upperRow);
    const [{ best, byCategory }] = tally.result() as [ReturnType<typeof tally.result>[0]];
    expect(byCategory.map(({ concept }) => concept.name)).toEqual(['sky', 'beach']);
    expect(best?.concept.name).toBe('beach');
  });

  it('calls a unit a detector above the limit, not at it', () => {
    const tally = new DissectionTally(options);
    tally.add(0, { name: 'a', maps: [upperSky], imageLabels: [] }, upperRow);
    expect(tally.result({ iouLimit: 2 / 3 })[0]!.isDetector).toBe(false);
    expect(tally.result({ iouLimit: 0.66 })[0]!.isDetector).toBe(true);
  });

  it('takes names that mean something elsewhere for names', () => {
    const names = ['__proto__', 'constructor', '<script>'];
    const concepts = names.map((name, index) => ({ number: index + 1, name, category: names[index]! }));
    const tally = new DissectionTally({ units: 1, concepts, categories: names, labelSize: [1, 3] });
    const masks = masksOf([1, 3], [(x) => x === 0]);
    tally.add(0, { name: '__proto__', maps: [mapOf([1, 3], (x) => x + 1, '__proto__')], imageLabels: [] }, masks);
    expect(tally.result()[0]!.best).toEqual({ concept: concepts[0], truth: 1, activation: 1, intersection: 1, iou: 1 });
  });

  it.each([false, true])('does not depend on how images are split and merged: keepImages %s', (keepImages) => {
    const random = createRandom(4);
    const size = [4, 5] as const;
    const concepts = [1, 2, 5, 6].map((number) => ({ number, name: `c${number}`, category: number < 4 ? 'a' : 'b' }));
    const all = { units: 3, concepts, categories: ['a', 'b'], labelSize: size, keepImages };
    const numbers = [0, 0, 1, 2, 5, 6];
    const images = Array.from({ length: 10 }, (_, image): [ImageConcepts, UnitMasks] => {
      const map = () => mapOf(size, () => numbers[random.integer(6)]!, 'a');
      const labels = { name: `${image}`, maps: [map(), map()].slice(random.integer(3)), imageLabels: [] };
      return [
        labels,
        masksOf(
          size,
          [0.1, 0.5, 0].map((share) => () => random.uniform() < share),
        ),
      ];
    });
    const whole = new DissectionTally(all);
    images.forEach(([labels, masks], image) => {
      whole.add(image, labels, masks);
    });
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...images.keys()], { minLength: 10 }),
        fc.array(fc.nat(3), { minLength: 10, maxLength: 10 }),
        (order, shards) => {
          const parts = Array.from({ length: 4 }, () => new DissectionTally(all));
          for (const image of order) parts[shards[image]!]!.add(image, ...images[image]!);
          parts[0]!.merge(parts[1]!);
          const last = DissectionTally.from(JSON.parse(JSON.stringify(parts[3]!.state())) as DissectionTallyState);
          last.merge(parts[2]!);
          last.merge(parts[0]!);
          expect(last.state()).toEqual(whole.state());
        },
      ),
      { numRuns: 20 },
    );
    expect(whole.images).toBe(10);
    expect(whole.imageCounts.length).toBe(keepImages ? 10 : 0);
  });

  it('keeps counts of images that sum to its own', () => {
    const tally = new DissectionTally({ ...options, keepImages: true });
    tally.add(1, { name: 'a', maps: [upperSky], imageLabels: [] }, upperRow);
    tally.add(0, { name: 'b', maps: [upperSky], imageLabels: [{ category: 'scene', label: 300 }] }, upperRow);
    expect(tally.imageCounts).toEqual([
      { image: 0, labels: [7, 300], truth: [2, 6], units: [0], activation: [3], intersection: [2, 3] },
      { image: 1, labels: [7], truth: [2], units: [0], activation: [3], intersection: [2] },
    ]);
    expect(tally.match(0, 7).intersection).toBe(4);
  });

  const image = { name: 'b.jpg', maps: [upperSky], imageLabels: [] };
  const kept = () => {
    const tally = new DissectionTally({ ...options, keepImages: true });
    tally.add(0, image, upperRow);
    return tally;
  };
  const withLabels = (labels: ArrayLike<number>) => ({
    ...image,
    maps: [{ category: 'object', labels: Uint16Array.from(labels) }],
  });
  it.each<[string, () => unknown]>([
    [
      'map 0 of b.jpg must be 0 or numbers of concepts, got 8',
      () => kept().add(1, withLabels([7, 8, 0, 0, 0, 0]), upperRow),
    ],
    ['map 0 of b.jpg must be 2 x 3 labels, got Uint16Array [7, 7]', () => kept().add(1, withLabels([7, 7]), upperRow)],
    [
      'the labels of b.jpg must be 0 or numbers of concepts, got 65536',
      () => kept().add(1, { ...image, imageLabels: [{ category: 'scene', label: 65536 }] }, upperRow),
    ],
    ['masks must be those of 2 units, got 3', () => kept().add(1, image, { ...upperRow, units: 3 })],
    ['image 0 was already added', () => kept().add(0, image, upperRow)],
    ['image 0 is in both tallies', () => kept().merge(kept())],
    [
      'cannot merge tallies with different units',
      () => kept().merge(new DissectionTally({ ...options, units: 3, keepImages: true })),
    ],
    ['two concepts have the number 7', () => new DissectionTally({ ...options, concepts: [sky, sky] })],
    [
      'the category of concept "sky" must be one of "scene", got "object"',
      () => new DissectionTally({ ...options, categories: ['scene'] }),
    ],
    [
      'the number of concept "sky" must be an integer >= 1 and <= 65535, got 0',
      () => new DissectionTally({ ...options, concepts: [{ ...sky, number: 0 }] }),
    ],
    ['label must be the number of a concept, got 0', () => kept().match(0, 0)],
    ['state must be an object, got null', () => DissectionTally.from(null as never)],
  ])('refuses: %s', (message, call) => expect(call).toThrow(`@cnnviz/dissect: DissectionTally: ${message}`));

  it('is as it was after an image that it refused', () => {
    const tally = kept();
    const before = tally.state();
    expect(() => tally.add(1, withLabels([7, 8, 0, 0, 0, 0]), upperRow)).toThrow();
    expect(tally.state()).toEqual(before);
  });
});
