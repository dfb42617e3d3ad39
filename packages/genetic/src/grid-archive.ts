import { type Bounds, checker } from '@cnnviz/internal';
import type { Archive } from './archive.ts';

export interface GridArchiveOptions {
  /** Cells along each measure. */
  dims: readonly number[];
  /** Of each measure: what its first cell begins with and its last one ends with. */
  ranges: readonly Bounds[];
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
 * A grid over measures of behaviour. A measure m falls into cell floor((dims * (m - low) + 1e-6) / (high - low)), clipped
 * to the grid: what lies outside the range competes in the outermost cell. This is pyribs' rule, and the 1e-6 its guard
 * against rounding at the borders.
 *
 * @throws RangeError if there is no measure, dims and ranges differ in number, or a range is reversed.
 * @see Mouret, Clune, "Illuminating search spaces by mapping elites", 2015.
 * @see Tjanaka et al., "pyribs: A bare-bones Python library for quality diversity optimization", GECCO 2023.
 *
 * @example
 * import { gridArchive } from '@cnnviz/genetic';
 *
 * const archive = gridArchive({ dims: [10, 20], ranges: [[-1, 1], [-2, 2]] });
 * archive.cellOf([0, 0]); // row 5, column 10: 5 * 20 + 10
 */
export function gridArchive({ dims, ranges }: GridArchiveOptions): GridArchive {
  if (!Array.isArray(dims) || dims.length === 0) check.fail('range', 'dims', 'cells along at least one measure', dims);
  check.shape('dims', dims);
  if (ranges?.length !== dims.length) check.fail('range', 'ranges', `one for each of ${dims.length} measures`, ranges);
  ranges.forEach((range, measure) => {
    check.bounds(`ranges[${measure}]`, range);
  });

  const cellAt = (measures: ArrayLike<number>, start: number): number => {
    let cell = 0;
    dims.forEach((size, measure) => {
      const [low, high] = ranges[measure]!;
      const index = Math.floor((size * (measures[start + measure]! - low) + 1e-6) / (high - low));
      cell = cell * size + Math.min(size - 1, Math.max(0, index));
    });
    return cell;
  };

  return {
    name: `grid(${dims.join(' x ')}; ${ranges.map(([low, high]) => `${low} to ${high}`).join(', ')})`,
    cells: dims.reduce((product, size) => product * size, 1),
    cellOf: (measures) => {
      if (measures?.length !== dims.length) {
        check.fail('range', 'measures', `${dims.length} numbers`, measures);
      }
      requireFinite('measures', measures, dims.length, 1);
      return cellAt(measures, 0);
    },
    offers: ({ objectives, measures }, count) => {
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
