import { expect, test } from 'vitest';
import { overlayMask } from './overlay-mask.ts';

/** By the red of each pixel. */
function overlaid(rows: number[][]): number[][] {
  const width = rows[0]!.length;
  const pixels = new Float32Array(rows.length * width * 3).fill(0.5);
  overlayMask(pixels, rows.flat(), width, { outside: 0.5, outline: [1, 0, 0] });
  return rows.map((row, y) => row.map((_, x) => pixels[3 * (y * width + x)]!));
}

test('overlayMask dims outside, outlines the border and leaves the inside', () => {
  const [o, i] = [0.25, 0.5];
  expect(
    overlaid([
      [0, 0, 0, 0, 0],
      [0, 1, 1, 1, 0],
      [0, 1, 1, 1, 0],
      [0, 1, 1, 1, 0],
      [0, 0, 0, 0, 0],
    ]),
  ).toEqual([
    [o, o, o, o, o],
    [o, 1, 1, 1, o],
    [o, 1, i, 1, o],
    [o, 1, 1, 1, o],
    [o, o, o, o, o],
  ]);
});

test('overlayMask draws no border where the picture ends', () => {
  expect(
    overlaid([
      [1, 1, 0],
      [1, 1, 0],
    ]),
  ).toEqual([
    [0.5, 1, 0.25],
    [0.5, 1, 0.25],
  ]);
});
