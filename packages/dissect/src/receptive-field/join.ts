import { type Grid, isLost, meet, mixed } from './algebra.ts';
import { settled } from './along-directions.ts';
import {
  type Axis,
  isMap,
  isPlaced,
  isPooled,
  lengthOf,
  type PlacedMap,
  pooledMap,
  type Traced,
  unknownConstant,
  withAxes,
} from './placed-map.ts';

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
  const found = maps.filter((map) => !isPooled(map));
  if (found.length === 0) return other ?? pooledMap;
  const along = { concatenated, isWhole: maps.length === branches.length };
  const placed = joinedAxes(found, along) === null ? found.map(settled) : found;
  const axes = joinedAxes(placed, along);
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
    const placed = all.filter(isPlaced);
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
