import { type Check, enlarge, type Normalization, type TileGridOptions, tileGrid } from '@cnnviz/internal';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** How tiles are laid out, row by row. */
export interface GridOptions {
  /** Tiles per row. Default: the smallest square that holds all. */
  columns?: number;
  /** Rows of tiles; rows without tiles show the background. Default: as many as needed. */
  rows?: number;
  /** Pixels between tiles, before `scale`. Default: 1. */
  padding?: number;
  /** Where else the padding goes: `none`, `around` the grid, or `after` the last row and column. Default: `around`. */
  border?: 'none' | 'around' | 'after';
  /** Gray level or [r, g, b] in [0, 1] of the padding and of missing tiles. Default: 1, white. */
  background?: number | readonly [r: number, g: number, b: number];
  /** Every pixel is repeated this many times both ways (nearest neighbor). Default: 1. */
  scale?: number;
}

export type TileLayout = Required<Omit<TileGridOptions, 'rows' | 'columns'>> &
  Pick<TileGridOptions, 'rows' | 'columns'> & { scale: number };

/** All but how many tiles go in a row. */
export function checkGrid(check: Check, options: GridOptions): TileLayout {
  const grid = {
    padding: check.number('padding', options.padding ?? 1, { integer: true, min: 0 }),
    border: check.oneOf('border', options.border ?? 'around', ['none', 'around', 'after']),
    background: options.background ?? 1,
    scale: check.number('scale', options.scale ?? 1, { integer: true, min: 1 }),
  };
  const levels = [grid.background].flat();
  for (const level of levels) check.number('background', level, { min: 0, max: 1 });
  if (typeof grid.background !== 'number' && levels.length !== 3) {
    check.fail('range', 'background', 'a gray level or [r, g, b]', grid.background);
  }
  return grid;
}

/** Rows and columns of `count` tiles. */
export function checkRowsAndColumns(
  check: Check,
  count: number,
  options: GridOptions,
): { rows: number; columns: number } {
  const wanted = options.columns ?? Math.ceil(Math.sqrt(count));
  const columns = check.number('columns', wanted, { integer: true, min: 1 });
  const rowsNeeded = Math.ceil(count / Math.min(columns, count));
  return { columns, rows: check.number('rows', options.rows ?? rowsNeeded, { integer: true, min: rowsNeeded }) };
}

export function checkNormalization(check: Check, normalization: Normalization | undefined): Normalization {
  return check.oneOf('normalization', normalization ?? 'global', ['global', 'each', 'zero-centered']);
}

/** The tiles `[n, h, w, 1 or 3]` in a grid, enlarged. The caller disposes. */
export function gridOfTiles(tiles: Tensor4D, { scale, ...grid }: TileLayout): Tensor3D {
  if (scale === 1) return tileGrid(tiles, grid);
  return tf.tidy(() => enlarge(tileGrid(tiles, grid), scale));
}
