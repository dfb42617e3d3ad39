import { describe, expect, test } from 'vitest';
import { resizeImage, resizeLabels } from './resize-image.ts';

const gray = (...levels: number[]) => Uint8Array.from(levels.flatMap((level) => [level, level, level]));

describe('resizeImage', () => {
  test('averages what each new pixel covers', () => {
    expect(resizeImage(gray(0, 10, 20, 30, 40, 50, 60, 70), [2, 4], [1, 2])).toEqual(gray(25, 45));
    // Two thirds of a pixel and one third of the next.
    expect(resizeImage(gray(0, 30, 90), [1, 3], [1, 2])).toEqual(gray(10, 70));
  });

  test('repeats pixels where it enlarges by a whole factor, and keeps the channels apart', () => {
    expect(resizeImage(Uint8Array.of(1, 2, 3), [1, 1], [1, 2])).toEqual(Uint8Array.of(1, 2, 3, 1, 2, 3));
  });

  test('keeps the mean', () => {
    const pixels = Uint8Array.from({ length: 30 * 20 * 3 }, (_, index) => (index * 37) % 256);
    const mean = (values: Uint8Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(Math.abs(mean(resizeImage(pixels, [30, 20], [7, 13])) - mean(pixels))).toBeLessThan(0.5);
  });
});

test('resizeLabels takes the label at each center', () => {
  const labels = Uint16Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9);
  expect(resizeLabels(labels, [3, 3], [1, 1])).toEqual(Uint16Array.of(5));
  expect(resizeLabels(labels, [3, 3], [2, 2])).toEqual(Uint16Array.of(1, 3, 7, 9));
  expect(resizeLabels(Uint16Array.of(1, 2), [1, 2], [2, 4])).toEqual(Uint16Array.of(1, 1, 2, 2, 1, 1, 2, 2));
});
