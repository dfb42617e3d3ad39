import {
  check,
  type Grid,
  isLost,
  type Lost,
  lost,
  meet,
  mixed,
  type Pair,
  pixels,
  slide,
  spread,
  unplaced,
  widened,
} from './algebra.ts';
import type { ReceptiveField } from './options.ts';

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
function withAxes(grids: PlacedMap['grids'], axes: readonly Axis[]): PlacedMap {
  const remain = (direction: Direction) => axes.some((axis) => axis.includes(direction));
  const left: PlacedMap = { grids: [remain('down') ? grids[0] : null, remain('across') ? grids[1] : null], axes };
  return isPooled(left) ? pooledMap : left;
}

/** From the end if negative; null if there is no such axis. */
export function axisAt({ axes }: PlacedMap, index: number | null | undefined): number | null {
  if (index === null || index === undefined) return null;
  const place = index < 0 ? index + axes.length : index;
  return Number.isInteger(place) && place >= 0 && place < axes.length ? place : null;
}

export function transpose(map: PlacedMap, order: readonly number[]): PlacedMap {
  return isPooled(map) ? map : withAxes(map.grids, order.map((index) => map.axes[index] ?? []));
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
  return isPooled(map) ? map : withAxes(map.grids, map.axes.map((each, index) => (index === at ? axis : each)));
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

/** An axis that runs over a direction and then over channels enlarges the direction: a pixel shuffle. */
export function settled(map: PlacedMap): PlacedMap {
  let { grids, axes } = map;
  for (const [index, axis] of axes.entries()) {
    const [direction, times] = axis;
    if (axis.length !== 2 || typeof direction !== 'string' || typeof times !== 'number') continue;
    const place = directions.indexOf(direction);
    const grid = grids[place]!;
    const length = grid.length === null ? null : grid.length * times;
    const larger = spread(grid, { size: times, stride: times, padding: [0, 0] }, length, '') as Grid;
    grids = place === 0 ? [larger, grids[1]] : [grids[0], larger];
    axes = axes.map((each, at) => (at === index ? [direction] : each));
  }
  return { grids, axes };
}

/** Does to both directions what `each` does to one, where the layout has them, and sets the channels. */
export function alongDirections(
  traced: PlacedMap,
  layout: Layout,
  { where, channels, each }: { where: string; channels?: number | null; each: (grid: Grid, axis: 0 | 1) => Grid | Lost },
): Traced {
  if (isPooled(traced)) return traced;
  const map = settled(traced);
  const places = axesOf(layout);
  const grids: (Grid | null)[] = [];
  const axes = [...map.axes];
  for (const axis of [0, 1] as const) {
    const grid = map.grids[axis];
    const found = axes[places[axis]];
    const isThere = found?.length === 1 && (grid === null ? typeof found[0] !== 'string' : found[0] === directions[axis]);
    if (axes.length !== 4 || !isThere) return { ...lost(`${where} finds no map in ${layout} order: what comes before it has its axes in another one`), misread: true };
    const length = lengthOf(map, found);
    const result = grid === null && length === null ? pixels(null) : each(grid ?? pixels(length), axis);
    if (isLost(result)) return result;
    grids.push(grid === null ? null : result);
    if (grid === null) axes[places[axis]] = [result.length];
  }
  if (channels !== undefined) axes[layout === 'channelsLast' ? 3 : 1] = [channels];
  return withAxes([grids[0]!, grids[1]!], axes);
}

/**
 * Where branches meet, position by position, with the axes broadcast from the last on. What does not depend on the image
 * does not count; what has lost its positions counts as seeing everything.
 */
export function join(branches: readonly Traced[], where: string, concatenated?: number): Traced {
  const unread = branches.find((branch) => isLost(branch) && !branch.mixes);
  if (unread !== undefined) return unread;
  const maps = branches.filter(isMap);
  const other = branches.find((branch) => isLost(branch));
  if (maps.length === 0) return other ?? unknownConstant;
  if (maps.length === 1 && branches.length === 1) return maps[0]!;
  let placed = maps.filter((map) => !isPooled(map));
  if (placed.length === 0) return other ?? pooledMap;
  const along = { concatenated, isWhole: maps.length === branches.length };
  const axes = joinedAxes(placed, along) ?? joinedAxes((placed = placed.map(settled)), along);
  if (axes === null) return mixed(`${where} joins maps whose positions lie along different axes`);
  const seesAll = other !== undefined || placed.length < maps.length;
  const grids: (Grid | null)[] = [];
  for (const axis of [0, 1] as const) {
    const along = placed.flatMap(({ grids }) => grids[axis] ?? []);
    const [first, ...others] = along;
    const met = first === undefined ? null : meet([first, ...others], where);
    if (met !== null && isLost(met)) return met;
    grids.push(met && { ...met, seesAll: met.seesAll || seesAll || along.length < placed.length });
  }
  return withAxes([grids[0]!, grids[1]!], axes);
}

/** Null if positions would lie along different axes. `isWhole` says whether nothing else is concatenated. */
function joinedAxes(
  maps: readonly PlacedMap[],
  { concatenated, isWhole }: { concatenated: number | undefined; isWhole: boolean },
): readonly Axis[] | null {
  const rank = Math.max(...maps.map(({ axes }) => axes.length));
  const at = (map: PlacedMap, index: number): Axis => map.axes[index - rank + map.axes.length] ?? [1];
  const axes: Axis[] = [];
  for (let index = 0; index < rank; index++) {
    const all = maps.map((map) => at(map, index));
    const placed = all.filter((axis) => axis.some((factor) => typeof factor === 'string'));
    const [first] = placed;
    if (placed.some((axis) => String(axis) !== String(first))) return null;
    if (index === concatenated && first !== undefined) return null;
    const lengths = maps.map((map) => lengthOf(map, at(map, index)));
    const isSummed = index === concatenated;
    const together = (a: number | null, b: number | null) =>
      a === null || b === null ? null : isSummed ? a + b : Math.max(a, b);
    axes.push(first ?? [isSummed && !isWhole ? null : lengths.reduce(together)]);
  }
  const named = axes.flat().filter((factor) => typeof factor === 'string');
  return new Set(named).size === named.length ? axes : null;
}

/** Whether no direction has more than one position left. */
export const isSingle = ({ grids }: PlacedMap): boolean => grids.every((grid) => grid === null || grid.length === 1);

/** What happens along each axis that is given, `null` for everything that it has. */
export interface Cut {
  begin: number;
  end: number | null;
  step: number;
}

/** Cuts out a part along one axis. */
export function cut(map: PlacedMap, at: number, { begin, end, step }: Cut, where: string): Traced {
  const axis = map.axes[at];
  if (axis === undefined) return mixed(`${where} cuts along an axis that its input lacks`);
  const length = lengthOf(map, axis);
  if (begin === 0 && step === 1 && (end === null || end === length)) return map;
  const [direction] = axis;
  if (axis.every((factor) => typeof factor !== 'string')) {
    const last = end ?? length;
    return replaceAxis(map, at, [last === null ? null : Math.ceil((last - begin) / step)]);
  }
  if (axis.length > 1 || begin < 0 || step < 1) return unplaced(where);
  const place = directions.indexOf(direction as Direction);
  const after = end === null ? 0 : length === null ? null : end - length;
  const result = slide(map.grids[place]!, { size: 1, stride: step, padding: [-begin, after] }, where);
  if (isLost(result)) return result;
  return { ...map, grids: place === 0 ? [result, map.grids[1]] : [map.grids[0], result] };
}

/** Each position along these axes sees all of them, as a softmax does. */
export function seeAllAlong(map: PlacedMap, at: number): PlacedMap {
  const axis = map.axes[at] ?? [];
  const each = (grid: Grid | null, direction: Direction) =>
    grid !== null && axis.includes(direction) ? { ...grid, seesAll: true } : grid;
  return { ...map, grids: [each(map.grids[0], 'down'), each(map.grids[1], 'across')] };
}

/**
 * What the positions of a map see.
 *
 * @param extent Whether the range of a position that also sees the whole image holds it.
 */
export function fieldOf(
  traced: Traced,
  { name, inputSize, extent }: { name: string; inputSize: Pair | null; extent: 'local' | 'whole' },
): ReceptiveField {
  const fail = (reason: string) => check.failBecause('state', `${name} has no receptive field: ${reason}`);
  if (isLost(traced)) return fail(traced.lostBy);
  if (isConstant(traced)) return fail('it does not depend on the image');
  const { grids, axes } = settled(traced);
  const flat = axes.find((axis) => axis.length > 1 && axis.some((factor) => typeof factor === 'string'));
  if (flat !== undefined) return fail(`${name} lays positions and more along one axis`);
  const along = ([0, 1] as const).map((axis) => {
    const grid = grids[axis];
    if (grid !== null && !(grid.seesAll && extent === 'whole')) return grid;
    if (inputSize === null) return fail('it sees the whole image, whose size is unknown: give inputSize');
    if (grid === null) return { size: inputSize[axis], stride: inputSize[axis], offset: 0 };
    const wide = widened(grid, inputSize[axis], name);
    return isLost(wide) ? fail(wide.lostBy) : wide;
  });
  const pair = (of: 'size' | 'stride' | 'offset'): Pair => [along[0]![of], along[1]![of]];
  const seesAll = grids.some((grid) => grid === null || grid.seesAll);
  return {
    size: pair('size'),
    stride: pair('stride'),
    offset: pair('offset'),
    inputSize,
    ...(seesAll ? { wholeImage: true as const } : {}),
  };
}
