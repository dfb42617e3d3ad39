import { describe, expect, it } from 'vitest';
import { centerDigit } from './center-digit.ts';

const side = 280;

function drawn(isInk: (x: number, y: number) => boolean): Float32Array {
  return Float32Array.from({ length: side * side }, (_, pixel) =>
    isInk(pixel % side, Math.floor(pixel / side)) ? 1 : 0,
  );
}

function centerOfMass(pixels: Float32Array): [x: number, y: number] {
  let [mass, x, y] = [0, 0, 0];
  for (const [place, value] of pixels.entries()) {
    mass += value;
    x += value * ((place % 28) + 0.5);
    y += value * (Math.floor(place / 28) + 0.5);
  }
  return [x / mass, y / mass];
}

describe('centerDigit', () => {
  it('makes any square one of 20 x 20 in the middle', () => {
    const expected = Float32Array.from({ length: 784 }, (_, place) => {
      const [x, y] = [place % 28, Math.floor(place / 28)];
      return x >= 4 && x < 24 && y >= 4 && y < 24 ? 1 : 0;
    });
    for (const [left, top, size] of [
      [0, 0, 60],
      [170, 40, 100],
      [10, 10, 260],
    ] as const) {
      const pixels = centerDigit(drawn((x, y) => x >= left && x < left + size && y >= top && y < top + size));
      for (const [place, value] of pixels.entries()) expect(value).toBeCloseTo(expected[place]!, 5);
    }
  });

  it('keeps proportions: the longer side becomes 20', () => {
    const pixels = centerDigit(drawn((x, y) => x >= 30 && x < 50 && y >= 100 && y < 200));
    // 20 x 100 becomes 4 x 20.
    expect(pixels.reduce((sum, value) => sum + value, 0)).toBeCloseTo(80, 3);
    expect(pixels[14 * 28 + 11]).toBeCloseTo(0, 5);
    expect(pixels[14 * 28 + 12]).toBeCloseTo(1, 5);
    expect(pixels[4 * 28 + 14]).toBeCloseTo(1, 5);
    expect(pixels[3 * 28 + 14]).toBeCloseTo(0, 5);
  });

  it('puts the center of mass, not that of the box, in the middle', () => {
    // An L: a stem with a foot.
    const isInk = (x: number, y: number) =>
      (x >= 60 && x < 80 && y >= 60 && y < 160) || (x >= 60 && x < 120 && y >= 140 && y < 160);
    const [x, y] = centerOfMass(centerDigit(drawn(isInk)));
    expect(x).toBeCloseTo(14, 4);
    expect(y).toBeCloseTo(14, 4);
  });

  it('gives nothing for nothing', () => {
    expect(centerDigit(drawn(() => false))).toEqual(new Float32Array(784));
  });
});
