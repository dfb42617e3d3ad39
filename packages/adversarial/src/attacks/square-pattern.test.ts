import { createRandom } from '@cnnviz/internal';
import { describe, expect, test } from 'vitest';
import { randomSign, randomSquare, squareShare, twoHills } from './square-pattern.ts';

describe('the squares of Square Attack', () => {
  test('cover half as much from each of the published queries on', () => {
    const published = [
      [0, 10, 1],
      [11, 50, 2],
      [51, 200, 4],
      [201, 500, 8],
      [501, 1000, 16],
      [1001, 2000, 32],
      [2001, 4000, 64],
      [4001, 6000, 128],
      [6001, 8000, 256],
      [8001, 10_000, 512],
    ] as const;
    for (const [first, last, divisor] of published) {
      for (const query of [first, last]) expect(squareShare(query, 0.8)).toBeCloseTo(0.8 / divisor, 12);
    }
  });

  test('lie anywhere inside the image, each place equally often', () => {
    const random = createRandom(0);
    const counts = new Array<number>(3 * 4).fill(0);
    const draws = 12_000;
    for (let draw = 0; draw < draws; draw++) {
      const { top, left } = randomSquare(random, 2, 4, 5);
      counts[top * 4 + left]!++;
    }
    // Chi-square of 11 degrees of freedom, 99.9%.
    const expected = draws / counts.length;
    expect(counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)).toBeLessThan(31.26);
  });

  test('have signs that are as often 1 as -1', () => {
    const random = createRandom(1);
    const ones = Array.from({ length: 10_000 }, () => randomSign(random)).filter((sign) => sign === 1).length;
    expect(Math.abs(ones - 5000)).toBeLessThan(3.3 * 50);
  });

  test('begin in L2 with two hills of opposite sign and length 1', () => {
    for (const side of [2, 3, 5, 8, 13]) {
      const hills = twoHills(side, false);
      const upper = [...hills].slice(0, Math.floor(side / 2) * side);
      const lower = [...hills].slice(Math.floor(side / 2) * side);
      expect(upper.every((value) => value > 0)).toBe(true);
      expect(lower.every((value) => value < 0)).toBe(true);
      expect(Math.hypot(...hills)).toBeCloseTo(1, 6);
      expect(Math.hypot(...upper)).toBeCloseTo(Math.SQRT1_2, 6);
      const turned = twoHills(side, true);
      for (const [index, value] of hills.entries()) {
        expect(turned[(index % side) * side + Math.floor(index / side)]).toBe(value);
      }
    }
  });

  test('have the values of the definition', () => {
    // Rectangles of 1x1, 1x3 and 1x5 around the middle: 1 + 1/4 + 1/9, 1/4 + 1/9, 1/9; of 3x5 below.
    const hills = twoHills(5, false);
    const scale = hills[0]! / (1 / 9);
    const upper = (row: number, column: number) => {
      const distance = Math.max(Math.abs(row - 1), Math.abs(column - 2));
      return [0, 1, 2].filter((k) => k >= distance).reduce((sum, k) => sum + 1 / (k + 1) ** 2, 0);
    };
    for (let row = 0; row < 2; row++) {
      for (let column = 0; column < 5; column++) {
        expect(hills[row * 5 + column]! / scale).toBeCloseTo(upper(row, column), 5);
      }
    }
  });

  test('are a single value where the side is 1', () => expect([...twoHills(1, false)]).toEqual([-1]));
});
