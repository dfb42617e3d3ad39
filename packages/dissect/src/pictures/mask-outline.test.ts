import { createRandom } from '@cnnviz/internal';
import { describe, expect, it } from 'vitest';
import { maskOutline } from './mask-outline.ts';

/** Whether points are inside a path, by the even-odd rule: how many of its lines a ray to the right crosses. */
function isInside(path: string, x: number, y: number): boolean {
  let crossings = 0;
  for (const [, start, steps] of path.matchAll(/M([^l]+)l([^z]*)z/g)) {
    const numbers = (text: string) => (text.match(/-?\d+/g) ?? []).map(Number);
    const points = [numbers(start!) as [number, number]];
    const moves = numbers(steps!);
    for (let index = 0; index < moves.length; index += 2) {
      const [lastX, lastY] = points.at(-1)!;
      points.push([lastX + moves[index]!, lastY + moves[index + 1]!]);
    }
    for (const [index, [x0, y0]] of points.entries()) {
      const [x1, y1] = points[(index + 1) % points.length]!;
      if (y0 > y !== y1 > y && x < x0 + ((y - y0) / (y1 - y0)) * (x1 - x0)) crossings++;
    }
  }
  return crossings % 2 === 1;
}

describe('maskOutline', () => {
  it('has the centers of the pixels that are inside within, and all others without', () => {
    const [height, width] = [9, 13];
    const random = createRandom(3);
    for (const share of [0.1, 0.5, 0.9]) {
      const mask = Uint8Array.from({ length: height * width }, () => (random.uniform() < share ? 1 : 0));
      const path = maskOutline(mask, [height, width]);
      for (const [pixel, inside] of mask.entries()) {
        // In half pixels; off the lines, which go through whole numbers.
        const [x, y] = [2 * (pixel % width) + 1, 2 * Math.floor(pixel / width) + 1];
        expect([pixel, isInside(path, x + 0.1, y + 0.1)]).toEqual([pixel, inside === 1]);
      }
    }
  });

  it('is nothing of nothing, and goes around everything', () => {
    expect(maskOutline(new Uint8Array(6), [2, 3])).toBe('');
    const path = maskOutline(new Uint8Array(6).fill(1), [2, 3]);
    expect(path.match(/M/g)).toHaveLength(1);
    expect(isInside(path, 3.1, 2.1)).toBe(true);
  });

  it('draws straight lines in one step', () => {
    const mask = Uint8Array.from({ length: 400 }, (_, pixel) => (pixel % 20 > 4 && pixel % 20 < 15 ? 1 : 0));
    expect(maskOutline(mask, [20, 20]).length).toBeLessThan(60);
  });
});
