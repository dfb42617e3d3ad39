import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isInside } from '../scenes/shape.ts';
import { rasterizePolygon } from './rasterize-polygon.ts';

type Size = readonly [number, number];

function masksOf(corners: readonly number[], imageSize: Size, maskSize: Size) {
  const [rows, columns] = maskSize;
  const scanned = new Uint8Array(rows * columns);
  rasterizePolygon(Float64Array.from(corners), imageSize, scanned, maskSize);
  const polygon = Array.from({ length: corners.length / 2 }, (_, corner): [number, number] => [
    corners[2 * corner]!,
    corners[2 * corner + 1]!,
  ]);
  // Each pixel against each edge.
  const obvious = Uint8Array.from({ length: rows * columns }, (_, pixel) => {
    const x = (((pixel % columns) + 0.5) * imageSize[1]) / columns;
    const y = ((Math.floor(pixel / columns) + 0.5) * imageSize[0]) / rows;
    return isInside({ polygon }, x, y) ? 1 : 0;
  });
  return { scanned, obvious };
}

const sides = fc.integer({ min: 1, max: 24 });
const sizes = fc.tuple(sides, sides);
const cornersOf = (coordinate: fc.Arbitrary<number>) =>
  fc.array(fc.tuple(coordinate, coordinate), { minLength: 3, maxLength: 14 }).map((corners) => corners.flat());

describe('rasterizePolygon', () => {
  test.each<[string, fc.Arbitrary<number>]>([
    ['anywhere, also beyond the image', fc.double({ min: -40, max: 60, noNaN: true })],
    ['on pixels and their centers', fc.integer({ min: -4, max: 52 }).map((half) => half / 2)],
    ['on thirds', fc.integer({ min: -6, max: 78 }).map((third) => third / 3)],
    ['on few places, so that edges cross, touch and repeat', fc.constantFrom(0, 1, 2.5, 3.5, 7)],
    ['far away', fc.double({ min: -1e12, max: 1e12, noNaN: true })],
  ])('marks what is inside by each pixel against each edge: corners %s', (_, coordinate) => {
    const property = fc.property(cornersOf(coordinate), sizes, sizes, (corners, imageSize, maskSize) => {
      const { scanned, obvious } = masksOf(corners, imageSize, maskSize);
      expect(scanned).toEqual(obvious);
    });
    fc.assert(property, { numRuns: 400 });
  });

  test('a star that crosses itself is empty in the middle', () => {
    const star = Array.from({ length: 5 }, (_, point) => {
      const angle = (4 * Math.PI * point) / 5;
      return [20 + 19 * Math.sin(angle), 20 - 19 * Math.cos(angle)];
    }).flat();
    const { scanned, obvious } = masksOf(star, [40, 40], [40, 40]);
    expect(scanned).toEqual(obvious);
    expect([scanned[20 * 40 + 20], scanned[4 * 40 + 20]]).toEqual([0, 1]);
  });

  test('adds to a mask', () => {
    const mask = Uint8Array.of(1, 0, 0, 0);
    rasterizePolygon(Float64Array.of(2, 0, 3, 0, 3, 1, 2, 1), [1, 4], mask, [1, 4]);
    expect(mask).toEqual(Uint8Array.of(1, 0, 1, 0));
  });

  test('looks at an edge only where it is: a polygon of many corners takes as many crossings as it has', () => {
    // A comb of 20,000 corners, each tooth a pixel wide; each pixel against each edge would be 2e10 comparisons.
    const teeth = 5000;
    const corners: number[] = [];
    for (let tooth = 0; tooth < teeth; tooth++)
      corners.push(2 * tooth, 0, 2 * tooth, 90, 2 * tooth + 1, 90, 2 * tooth + 1, 0);
    const size = [100, 2 * teeth] as const;
    const mask = new Uint8Array(100 * 2 * teeth);
    rasterizePolygon(Float64Array.from(corners), size, mask, size);
    expect(mask.reduce((sum, inside) => sum + inside, 0)).toBe(90 * teeth);
  });
});
