import { lost, slide, unplaced } from './algebra.ts';
import {
  type Axis,
  type Direction,
  directions,
  eachGrid,
  isPlaced,
  isPooled,
  lengthOf,
  type PlacedMap,
  type Traced,
  withAxes,
} from './placed-map.ts';

/** From the end if negative; null if there is no such axis. */
export function axisAt({ axes }: PlacedMap, index: number | null | undefined): number | null {
  if (index === null || index === undefined) return null;
  const place = index < 0 ? index + axes.length : index;
  return Number.isInteger(place) && place >= 0 && place < axes.length ? place : null;
}

export function transpose(map: PlacedMap, order: readonly number[]): PlacedMap {
  return isPooled(map)
    ? map
    : withAxes(
        map.grids,
        order.map((index) => map.axes[index] ?? []),
      );
}

/** Removes axes, or with `keep` leaves one position of each: what a mean or a maximum over them does. */
export function reduce(map: PlacedMap, over: readonly number[], keep: boolean): PlacedMap {
  const axes = map.axes.flatMap((axis, index) => (over.includes(index) ? (keep ? [[1]] : []) : [axis]));
  return withAxes(map.grids, axes);
}

export function insertAxis(map: PlacedMap, at: number, length: number | null = 1): PlacedMap {
  if (isPooled(map)) return map;
  const place = at < 0 ? at + map.axes.length + 1 : at;
  return withAxes(map.grids, [...map.axes.slice(0, place), [length], ...map.axes.slice(place)]);
}

export function replaceAxis(map: PlacedMap, at: number, axis: Axis): PlacedMap {
  return isPooled(map)
    ? map
    : withAxes(
        map.grids,
        map.axes.map((each, index) => (index === at ? axis : each)),
      );
}

/**
 * The same values in their order with axes of other lengths: takes what the axes run over apart and puts it together
 * again. One length may be -1, for what is left.
 */
export function reshape(map: PlacedMap, target: readonly (number | null)[], where: string): Traced {
  if (isPooled(map)) return map;
  const factors = map.axes.flat().map((factor) => ({ factor, length: lengthOf(map, [factor]) }));
  const total = factors.reduce<number | null>(
    (product, { length }) => (product === null || length === null ? null : product * length),
    1,
  );
  if (total === null || target.includes(null)) return lost(`${where} reshapes a map of unknown size: ${remedyOf(map)}`);
  const rest = target.reduce<number>((product, length) => (length === -1 ? product : product * length!), 1);
  const axes: Axis[] = [];
  for (const wanted of target) {
    let missing = wanted === -1 ? total / rest : wanted!;
    const axis: (Direction | number | null)[] = [];
    if (missing === 1 && factors[0]?.length === 1) axis.push(factors.shift()!.factor);
    while (missing > 1) {
      const next = factors.shift();
      if (next === undefined) return unplaced(where);
      const length = next.length!;
      if (missing % length === 0) {
        axis.push(next.factor);
        missing /= length;
      } else if (typeof next.factor === 'number' && length % missing === 0) {
        axis.push(missing);
        factors.unshift({ factor: length / missing, length: length / missing });
        missing = 1;
      } else {
        return unplaced(where);
      }
    }
    axes.push(tidied(map, axis));
  }
  return withAxes(map.grids, axes);
}

/** Plain sizes that follow each other as one, and a single position beside others as none. */
function tidied(map: PlacedMap, axis: Axis): Axis {
  const result: (Direction | number | null)[] = [];
  for (const factor of axis) {
    const last = result.at(-1);
    if (axis.length > 1 && lengthOf(map, [factor]) === 1) continue;
    if (typeof factor === 'number' && typeof last === 'number') result[result.length - 1] = factor * last;
    else result.push(factor);
  }
  return result;
}

const remedyOf = ({ grids }: PlacedMap): string =>
  grids.find((grid) => grid !== null && grid.length === null)?.remedy ?? 'give the image more of its shape';

/** Which positions of an axis are taken: from `begin` to before `end`, null for its own; beyond the axis is padding. */
export interface Cut {
  begin: number;
  end: number | null;
  step: number;
}

/** Cuts an axis, or pads it. */
export function cut(map: PlacedMap, at: number, { begin, end, step }: Cut, where: string): Traced {
  const axis = map.axes[at] ?? [];
  const length = lengthOf(map, axis);
  if (begin === 0 && step === 1 && (end === null || end === length)) return map;
  if (!isPlaced(axis)) {
    const last = end ?? length;
    return replaceAxis(map, at, [last === null ? null : Math.ceil((last - begin) / Math.abs(step))]);
  }
  if (axis.length > 1 || step < 1) return unplaced(where);
  const after = end === null ? 0 : length === null ? null : end - length;
  return eachGrid(map, (grid, place) =>
    directions[place] === axis[0] ? slide(grid, { size: 1, stride: step, padding: [-begin, after] }, where) : grid,
  );
}

/** Each position along this axis sees all of it, as a softmax does. */
export function seeAllAlong(map: PlacedMap, at: number): Traced {
  const axis = map.axes[at] ?? [];
  return eachGrid(map, (grid, place) => (axis.includes(directions[place]!) ? { ...grid, seesAll: true } : grid));
}
