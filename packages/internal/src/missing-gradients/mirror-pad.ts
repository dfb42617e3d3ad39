import {
  add,
  MirrorPad,
  type MirrorPadAttrs,
  pad,
  reshape,
  reverse,
  slice,
  type Tensor,
  type Tensor3D,
  util,
} from '@tensorflow/tfjs-core';
import type { MendedGradient } from './missing-gradient.ts';

/** A mirrored border adds to the pixels that it shows; tfjs leaves it out. */
export const mirrorPadGradient: MendedGradient = {
  kernelName: MirrorPad,
  mend: () => (dy, _, attrs) => {
    const { paddings, mode } = attrs as unknown as MirrorPadAttrs;
    const edge = mode === 'reflect' ? 1 : 0;
    return { x: () => paddings.reduce((x, sides, axis) => fold(x, axis, sides, edge), dy as Tensor) };
  },
};

/** Adds what lies before and behind the inner part of an axis to it; `edge` places at its ends are not mirrored. */
function fold(x: Tensor, axis: number, [before, behind]: [number, number], edge: number): Tensor {
  if (before === 0 && behind === 0) return x;
  const outer = util.sizeFromShape(x.shape.slice(0, axis));
  const inner = util.sizeFromShape(x.shape.slice(axis + 1));
  const size = x.shape[axis]! - before - behind;
  const rows = reshape(x, [outer, x.shape[axis]!, inner]) as Tensor3D;
  const part = (from: number, count: number) => slice(rows, [0, from, 0], [outer, count, inner]);
  const at = (from: number, mirrored: Tensor3D) =>
    pad(reverse(mirrored, 1), [
      [0, 0],
      [from, size - from - mirrored.shape[1]],
      [0, 0],
    ]);

  let sum = part(before, size);
  if (before > 0) sum = add(sum, at(edge, part(0, before)));
  if (behind > 0) sum = add(sum, at(size - edge - behind, part(before + size, behind)));
  return reshape(sum, x.shape.with(axis, size));
}
