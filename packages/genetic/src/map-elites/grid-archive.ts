import { type Bounds, checker } from '@cnnviz/internal';
import { type Archive, requireCells } from './archive.ts';

export interface GridArchiveOptions {
  /** Cells along each measure. */
  dims: readonly number[];
  /** The range of each measure, from the start of its first cell to the end of its last. */
  ranges: readonly Bounds[];
  /**
   * Added to each measure's distance from the start of its range, times `dims`: a measure on a border that is rounded
   * down still falls into the upper cell. In the unit of the measures. Default: 1e-6, as in pyribs, but at most a
   * millionth of a cell, which 1e-6 is more than in ranges shorter than 1.
   */
  epsilon?: number;
}

/** A candidate's quality, and where in the grid it belongs. */
export interface GridEvaluation {
  /** One for each candidate. */
  objectives: ArrayLike<number>;
  /** `[candidates * dims.length]`. */
  measures: ArrayLike<number>;
}

export interface GridArchive extends Archive<GridEvaluation> {
  /** The cell that measures fall into, counted with the last measure fastest. */
  cellOf(measures: ArrayLike<number>): number;
}

const check = checker('@cnnviz/genetic', 'gridArchive');

/**
 * Makes an archive that is a grid over measures of behavior. A measure m falls into cell floor((dims * (m - low) + epsilon) / (high - low)),
 * clipped to the grid: a candidate outside the range competes in the outermost cell. This is pyribs' rule, and `epsilon` its
 * guard against rounding at the borders.
 *
 * @returns An archive for `MapElites`, with `cellOf` to look up the cell of measures.
 * @throws RangeError if there is no measure, dims and ranges differ in number, a range is reversed, `epsilon` is negative,
 *   or there are more than 2^27 cells.
 * @see Mouret, Clune, "Illuminating search spaces by mapping elites", 2015, https://arxiv.org/abs/1504.04909.
 * @see Tjanaka et al., "pyribs: A bare-bones Python library for quality diversity optimization", GECCO 2023,
 *   https://arxiv.org/abs/2303.00191.
 *
 * @example
 * import { gridArchive } from '@cnnviz/genetic';
 *
 * const archive = gridArchive({ dims: [10, 20], ranges: [[-1, 1], [-2, 2]] });
 * archive.cellOf([0, 0]); // row 5, column 10: 5 * 20 + 10
 */
export function gridArchive(options: GridArchiveOptions): GridArchive {
  const { dims, ranges, epsilon } = check.options(options);
  if (!Array.isArray(dims) || dims.length === 0) check.fail('range', 'dims', 'cells along at least one measure', dims);
  check.shape('dims', dims);
  if (!Array.isArray(ranges)) check.fail('type', 'ranges', 'a list of [low, high]', ranges);
  if (ranges.length !== dims.length) check.fail('range', 'ranges', `one for each of ${dims.length} measures`, ranges);
  const widths = ranges.map((range, measure) => {
    const [low, high] = check.bounds(`ranges[${measure}]`, range);
    return check.number(`the width of ranges[${measure}]`, high - low);
  });
  if (epsilon !== undefined) check.number('epsilon', epsilon, { min: 0 });
  const guards = widths.map((width) => epsilon ?? 1e-6 * Math.min(1, width));

  const cells = requireCells(
    check,
    `cells of a grid of ${dims.join(' x ')}`,
    dims.reduce((product, size) => product * size, 1),
  );

  const cellAt = (measures: ArrayLike<number>, start: number): number => {
    let cell = 0;
    dims.forEach((size, measure) => {
      const offset = size * (measures[start + measure]! - ranges[measure]![0]);
      const index = Math.floor((offset + guards[measure]!) / widths[measure]!);
      cell = cell * size + Math.min(size - 1, Math.max(0, index));
    });
    return cell;
  };

  return {
    name: `grid(${dims.join(' x ')}; ${ranges.map(([low, high]) => `${low} to ${high}`).join(', ')})`,
    settings: { epsilon: epsilon ?? 'default' },
    cells,
    cellOf: (measures) => {
      if (measures?.length !== dims.length) {
        check.fail('range', 'measures', `${dims.length} numbers`, measures);
      }
      requireFinite('measures', measures, dims.length, 1);
      return cellAt(measures, 0);
    },
    offers: (evaluation, count) => {
      const { objectives, measures } = check.options(evaluation, 'evaluation');
      if (objectives?.length !== count) {
        check.fail('range', 'objectives', `${count} numbers`, objectives?.length ?? objectives);
      }
      if (measures?.length !== count * dims.length) {
        check.fail('range', 'measures', `${count} * ${dims.length} numbers`, measures?.length ?? measures);
      }
      requireFinite('objectives', objectives, 1, count);
      requireFinite('measures', measures, dims.length, count);
      return {
        candidate: Int32Array.from({ length: count }, (_, candidate) => candidate),
        cell: Int32Array.from({ length: count }, (_, candidate) => cellAt(measures, candidate * dims.length)),
        objective: Float64Array.from(objectives),
      };
    },
  };
}

function requireFinite(name: string, values: ArrayLike<number>, each: number, count: number): void {
  for (let index = 0; index < values.length; index++) {
    if (Number.isFinite(values[index])) continue;
    const individual = Math.floor(index / each);
    check.failBecause('range', `${name} of individual ${individual} of ${count} must be finite, got ${values[index]}`);
  }
}
