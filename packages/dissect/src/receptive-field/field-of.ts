import { check, isLost, type Pair, widened } from './algebra.ts';
import { settled } from './along-directions.ts';
import type { ReceptiveField } from './options.ts';
import { isConstant, isPlaced, type Traced } from './placed-map.ts';

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
  const flat = axes.find((axis) => axis.length > 1 && isPlaced(axis));
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
