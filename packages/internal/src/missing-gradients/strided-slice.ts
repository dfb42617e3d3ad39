import {
  type GradConfig,
  pad,
  reshape,
  reverse,
  StridedSlice,
  type StridedSliceAttrs,
  slice,
  slice_util,
  type Tensor,
  util,
  zeros,
} from '@tensorflow/tfjs-core';

/** x[begin:end:stride, ...]: the gradient goes back to where it was taken from, with zeros between. */
export const stridedSliceGradient: GradConfig = {
  kernelName: StridedSlice,
  inputsToSave: ['x'],
  gradFunc: (dy, [x], attrs) => ({ x: () => spread(dy as Tensor, x!.shape, attrs as unknown as StridedSliceAttrs) }),
};

function spread(dy: Tensor, shape: number[], attrs: StridedSliceAttrs): Tensor {
  if (dy.size === 0) return zeros(shape);
  // Masks, ellipses and negative indices are resolved as the operation itself does it.
  const { begin, end, strides } = slice_util.sliceInfo(
    shape,
    attrs.begin,
    attrs.end,
    attrs.strides,
    attrs.beginMask,
    attrs.endMask,
    attrs.ellipsisMask,
    attrs.newAxisMask,
    attrs.shrinkAxisMask,
  );
  const counts = slice_util.computeOutShape(begin, end, strides);
  return shape.reduce(
    (spread, size, axis) => spreadAxis(spread, axis, { begin: begin[axis]!, stride: strides[axis]!, size }),
    reshape(dy, counts),
  );
}

/** Puts what lies along an axis at `begin`, `begin + stride`, ... of `size` places. */
function spreadAxis(x: Tensor, axis: number, { begin, stride, size }: { begin: number; stride: number; size: number }) {
  const count = x.shape[axis]!;
  if (stride === 1 && count === size) return x;
  const outer = util.sizeFromShape(x.shape.slice(0, axis));
  const inner = util.sizeFromShape(x.shape.slice(axis + 1));
  const step = Math.abs(stride);
  const length = (count - 1) * step + 1;
  const first = Math.min(begin, begin + (count - 1) * stride);

  let rows = reshape(x, [outer, count, inner]);
  if (stride < 0) rows = reverse(rows, 1);
  if (step > 1) {
    const apart = pad(reshape(rows, [outer, count, 1, inner]), [
      [0, 0],
      [0, 0],
      [0, step - 1],
      [0, 0],
    ]);
    rows = slice(reshape(apart, [outer, count * step, inner]), [0, 0, 0], [outer, length, inner]);
  }
  const placed = pad(rows, [
    [0, 0],
    [first, size - first - length],
    [0, 0],
  ]);
  return reshape(placed, x.shape.with(axis, size));
}
