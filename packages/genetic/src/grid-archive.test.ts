import { describe, expect, it } from 'vitest';
import { gridArchive } from './grid-archive.ts';

describe('gridArchive', () => {
  const archive = gridArchive({
    dims: [10, 20],
    ranges: [
      [-1, 1],
      [-2, 2],
    ],
  });

  // pyribs' rule: floor((dims * (m - low) + 1e-6) / (high - low)), clipped.
  it.each([
    [
      [0, 0],
      [5, 10],
    ],
    [
      [-1, -2],
      [0, 0],
    ],
    [
      [1, 2],
      [9, 19],
    ],
    [
      [2, 4],
      [9, 19],
    ],
    [
      [-2, -4],
      [0, 0],
    ],
    [
      [-0.5, 0.1],
      [2, 10],
    ],
    [
      [0.1, -0.1],
      [5, 9],
    ],
  ])('puts %o into row and column %o', (measures, [row, column]) => {
    expect(archive.cellOf(measures)).toBe(row! * 20 + column!);
  });

  it('puts what lies on a border into the upper cell, also where division would round it down', () => {
    const fine = gridArchive({ dims: [10], ranges: [[0, 0.3]] });
    for (let border = 0; border < 10; border++) expect(fine.cellOf([border * 0.03])).toBe(border);
  });

  it('has as many cells as the product of its dims', () => {
    expect(archive.cells).toBe(200);
  });

  it('throws on dims and ranges that do not fit', () => {
    expect(() => gridArchive({ dims: [], ranges: [] })).toThrow('dims must be cells along at least one measure');
    expect(() => gridArchive({ dims: [0], ranges: [[0, 1]] })).toThrow('dims');
    expect(() => gridArchive({ dims: [3, 3], ranges: [[0, 1]] })).toThrow('ranges must be one for each of 2 measures');
    expect(() => gridArchive({ dims: [3], ranges: [[1, 0]] })).toThrow('ranges[0]');
    expect(() => archive.cellOf([1])).toThrow('measures must be 2 numbers');
    expect(() => archive.cellOf([1, Number.NaN])).toThrow('measures of individual 0 of 1 must be finite, got NaN');
  });
});
