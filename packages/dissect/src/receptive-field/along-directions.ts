import { type Grid, isLost, type Lost, lost, pixels, spread } from './algebra.ts';
import {
  axesOf,
  directions,
  isPooled,
  type Layout,
  lengthOf,
  type PlacedMap,
  type Traced,
  withAxes,
} from './placed-map.ts';

/** An axis that runs over a direction and then over channels enlarges the direction: a pixel shuffle. */
export function settled(map: PlacedMap): PlacedMap {
  return map.axes.reduce<PlacedMap>((result, [direction, times], at) => {
    const isShuffle = map.axes[at]!.length === 2 && typeof direction === 'string' && typeof times === 'number';
    if (!isShuffle) return result;
    const enlarged = (grid: Grid | null, place: number): Grid | null => {
      if (grid === null || directions[place] !== direction) return grid;
      const length = grid.length === null ? null : grid.length * times;
      return spread(grid, { size: times, stride: times, padding: [0, 0] }, length, '') as Grid;
    };
    const axes = result.axes.map((axis, index) => (index === at ? [direction] : axis));
    return { grids: [enlarged(result.grids[0], 0), enlarged(result.grids[1], 1)], axes };
  }, map);
}

/** Does to both directions what `each` does to one, where the layout has them, and sets the channels. */
export function alongDirections(
  traced: PlacedMap,
  layout: Layout,
  {
    where,
    channels,
    each,
  }: { where: string; channels?: number | null; each: (grid: Grid, axis: 0 | 1) => Grid | Lost },
): Traced {
  if (isPooled(traced)) return traced;
  const map = settled(traced);
  const places = axesOf(layout);
  const grids: (Grid | null)[] = [];
  const axes = [...map.axes];
  for (const axis of [0, 1] as const) {
    const grid = map.grids[axis];
    const found = axes[places[axis]];
    const isThere =
      found?.length === 1 && (grid === null ? typeof found[0] !== 'string' : found[0] === directions[axis]);
    if (axes.length !== 4 || !isThere)
      return {
        ...lost(`${where} finds no map in ${layout} order: what comes before it has its axes in another one`),
        misread: true,
      };
    const length = lengthOf(map, found);
    const result = grid === null && length === null ? pixels(null) : each(grid ?? pixels(length), axis);
    if (isLost(result)) return result;
    grids.push(grid === null ? null : result);
    if (grid === null) axes[places[axis]] = [result.length];
  }
  if (channels !== undefined) axes[layout === 'channelsLast' ? 3 : 1] = [channels];
  return withAxes([grids[0]!, grids[1]!], axes);
}
