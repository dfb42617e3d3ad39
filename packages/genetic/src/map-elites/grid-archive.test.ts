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

  // Of pyribs 0.12.0: GridArchive(solution_dim=1, dims, ranges, epsilon).index_of(measures).
  it.each<{ dims: number[]; range: [number, number]; epsilon?: number; measures: number[]; cells: number[] }>([
    {
      dims: [10],
      range: [0, 1],
      measures: [0.1 - 1e-6, 0.1 - 2e-7, 0.1 - 1e-7, 0.1 - 5e-8, 0.1, 0.1 + 1e-8],
      cells: [0, 0, 1, 1, 1, 1],
    },
    {
      dims: [4],
      range: [-1, 3],
      measures: [-1, -1e-9, 0, 1 - 1e-6, 1 - 2e-7, 1, 2, 3, 4, -5],
      cells: [0, 1, 1, 1, 2, 2, 3, 3, 3, 0],
    },
    {
      dims: [7],
      range: [0, 1e6],
      measures: Array.from({ length: 8 }, (_, border) => (1e6 * border) / 7),
      cells: [0, 1, 2, 3, 4, 5, 6, 6],
    },
    {
      dims: [10],
      range: [0, 1e-6],
      epsilon: 1e-12,
      measures: Array.from({ length: 11 }, (_, border) => border * 1e-7),
      cells: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9],
    },
    { dims: [10], range: [0, 1e-6], epsilon: 1e-6, measures: [0, 1e-7, 5e-7, 9e-7], cells: [1, 2, 6, 9] },
    { dims: [10], range: [0, 1], epsilon: 0.5, measures: [0.05, 0.1, 0.3, 0.7], cells: [1, 1, 3, 7] },
    {
      dims: [5],
      range: [0, 1e-9],
      epsilon: 0,
      measures: Array.from({ length: 6 }, (_, border) => border * 2e-10),
      cells: [0, 1, 2, 3, 4, 4],
    },
  ])('puts measures at the borders where pyribs does: %o', ({ dims, range, epsilon, measures, cells }) => {
    const pyribs = gridArchive({ dims, ranges: [range], ...(epsilon === undefined ? {} : { epsilon }) });
    expect(measures.map((measure) => pyribs.cellOf([measure]))).toEqual(cells);
    const { cell } = pyribs.offers({ objectives: measures.map(() => 0), measures }, measures.length);
    expect([...cell]).toEqual(cells);
  });

  it('begins with cell 0 however short the range is', () => {
    for (const scale of [1e-6, 1e-12, 1e-300]) {
      const short = gridArchive({ dims: [10], ranges: [[0, scale]] });
      const middles = Array.from({ length: 10 }, (_, cell) => short.cellOf([((cell + 0.5) / 10) * scale]));
      expect(middles).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      expect(short.cellOf([0])).toBe(0);
      for (let border = 0; border < 10; border++) expect(short.cellOf([(border * scale) / 10])).toBe(border);
    }
  });

  it('refuses what it has no room for, and a guard or a width that is no number', () => {
    const unit = [0, 1] as const;
    expect(() => gridArchive({ dims: [70_000, 70_000], ranges: [unit, unit] })).toThrow(
      '@cnnviz/genetic: gridArchive: cells of a grid of 70000 x 70000 must be a number <= 134217728, got 4900000000',
    );
    expect(() => gridArchive({ dims: [3], ranges: [unit], epsilon: -1 })).toThrow('epsilon must be a number >= 0');
    const widest = [-Number.MAX_VALUE, Number.MAX_VALUE] as const;
    expect(() => gridArchive({ dims: [3], ranges: [widest] })).toThrow('the width of ranges[0]');
  });
});
