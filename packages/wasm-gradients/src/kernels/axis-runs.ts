import { util } from '@tensorflow/tfjs-core';

/** One [outer, reduced, inner] for each run of neighboring axes, the last run first. */
export function axisRuns(
  shape: readonly number[],
  axes: readonly number[],
): { outer: number; reduced: number; inner: number }[] {
  const summed = shape.map((_, axis) => axes.includes(axis));
  const runs: { outer: number; reduced: number; inner: number }[] = [];
  let inner = 1;
  let axis = shape.length - 1;
  while (axis >= 0) {
    if (!summed[axis]) {
      inner *= shape[axis--]!;
      continue;
    }
    let reduced = 1;
    while (axis >= 0 && summed[axis]) reduced *= shape[axis--]!;
    runs.push({ outer: util.sizeFromShape(shape.slice(0, axis + 1)), reduced, inner });
  }
  return runs.length > 0 ? runs : [{ outer: util.sizeFromShape([...shape]), reduced: 1, inner: 1 }];
}
