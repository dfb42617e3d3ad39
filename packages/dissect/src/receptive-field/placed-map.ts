import { type Grid, isLost, type Lost, type Pair, pixels } from './algebra.ts';

export const directions = ['down', 'across'] as const;

export type Direction = (typeof directions)[number];

/** What an axis of a tensor runs over, slowest first: directions of the map and plain sizes, null where unknown. */
export type Axis = readonly (Direction | number | null)[];

/** A tensor that depends on the image. A direction whose grid is null has been pooled away: all of it is seen. */
export interface PlacedMap {
  readonly grids: Pair<Grid | null>;
  /** Not followed once both directions are pooled away. */
  readonly axes: readonly Axis[];
}

/** A tensor that does not depend on the image, with its values where they are known and matter. */
export interface Constant {
  readonly values: readonly (number | null)[] | null;
  readonly count: number | null;
  /** Whether each value is an output of its own. */
  readonly isUnpacked?: true;
}

export type Traced = PlacedMap | Constant | Lost;

export type Layout = 'channelsLast' | 'channelsFirst';

export const isConstant = (traced: Traced): traced is Constant => 'values' in traced;

export const isMap = (traced: Traced): traced is PlacedMap => 'grids' in traced;

export const unknownConstant: Constant = { values: null, count: null };

/** What has been pooled to one position in both directions. */
export const pooledMap: PlacedMap = { grids: [null, null], axes: [] };

export const isPooled = ({ grids }: PlacedMap): boolean => grids.every((grid) => grid === null);

/** Which axes of `[n, h, w, c]` or `[n, c, h, w]` are the directions. */
export const axesOf = (layout: Layout): Pair => (layout === 'channelsLast' ? [1, 2] : [2, 3]);

export function imageMap(
  size: Pair<number | null>,
  layout: Layout,
  { batch, channels, remedy }: { batch: number | null; channels: number | null; remedy?: string },
): PlacedMap {
  const axes: Axis[] =
    layout === 'channelsLast'
      ? [[batch], ['down'], ['across'], [channels]]
      : [[batch], [channels], ['down'], ['across']];
  return { grids: [pixels(size[0], remedy), pixels(size[1], remedy)], axes };
}

/** What a layer or node in the middle is when it counts as the image. */
export function startAt(
  known: Traced,
  { from, layout, inputSize }: { from: string; layout: Layout; inputSize: Pair | undefined },
): { map: PlacedMap; size: Pair | null } {
  const grids = isMap(known) ? known.grids : [null, null];
  const [height, width] = inputSize ?? grids.map((grid) => grid?.length ?? null);
  const remedy = `give inputSize, the size of ${from}`;
  const image = imageMap([height!, width!], layout, { batch: 1, channels: null, remedy });
  const isFound = isMap(known) && known.grids.every((grid) => grid !== null);
  const map = isFound ? { grids: image.grids, axes: known.axes } : image;
  return { map, size: isWhole([height!, width!]) ? [height!, width!] : null };
}

export const isWhole = (size: Pair<number | null>): size is Pair => size.every((length) => length !== null);

/** How long an axis is; null where unknown. */
export function lengthOf({ grids }: PlacedMap, axis: Axis): number | null {
  let length = 1;
  for (const factor of axis) {
    const each = typeof factor === 'string' ? grids[directions.indexOf(factor)]!.length : factor;
    if (each === null) return null;
    length *= each;
  }
  return length;
}

/** With axes of another kind; a direction that no axis runs along any more has been pooled away. */
export function withAxes(grids: PlacedMap['grids'], axes: readonly Axis[]): PlacedMap {
  const remain = (direction: Direction) => axes.some((axis) => axis.includes(direction));
  const left: PlacedMap = { grids: [remain('down') ? grids[0] : null, remain('across') ? grids[1] : null], axes };
  return isPooled(left) ? pooledMap : left;
}

/** Does something to each direction that is left. */
export function eachGrid(map: PlacedMap, each: (grid: Grid, axis: 0 | 1) => Grid | Lost): Traced {
  const [down, across] = map.grids.map((grid, axis) => grid && each(grid, axis as 0 | 1));
  if (down && isLost(down)) return down;
  if (across && isLost(across)) return across;
  return { ...map, grids: [down ?? null, across ?? null] };
}

/** Whether no direction has more than one position left. */
export const isSingle = ({ grids }: PlacedMap): boolean => grids.every((grid) => grid === null || grid.length === 1);

/** Whether positions lie along an axis. */
export const isPlaced = (axis: Axis): boolean => axis.some((factor) => typeof factor === 'string');
