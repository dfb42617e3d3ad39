import {
  add,
  GatherV2,
  type GatherV2Attrs,
  range,
  reshape,
  type Tensor,
  type Tensor1D,
  transpose,
  unsortedSegmentSum,
  util,
  zeros,
} from '@tensorflow/tfjs-core';
import type { MendedGradient } from './missing-gradient.ts';

/**
 * tfjs has no gradient for two or more batch dimensions, needs chained methods for one, and returns indices as their own
 * gradient, which it then rejects where they depend on the input.
 */
export const gatherGradient: MendedGradient = {
  kernelName: GatherV2,
  mend: (original) => (dy, saved, attrs) => {
    const [x, indices] = saved as [Tensor, Tensor];
    const { axis, batchDims } = attrs as unknown as GatherV2Attrs;
    return {
      x: batchDims > 0 ? () => scatter(dy as Tensor, indices, x.shape, axis, batchDims) : original(dy, saved, attrs).x!,
      indices: () => zeros(indices.shape),
    };
  },
};

/** One sum over segments, of which each row of the batch has its own. */
function scatter(dy: Tensor, indices: Tensor, shape: number[], axis: number, batchDims: number): Tensor {
  const at = util.parseAxisParam(axis, shape)[0]!;
  const size = shape[at]!;
  const batch = util.sizeFromShape(shape.slice(0, batchDims));
  const outer = util.sizeFromShape(shape.slice(batchDims, at));
  const inner = util.sizeFromShape(shape.slice(at + 1));
  const count = indices.size / batch;

  const starts = reshape(range(0, batch * size, size, 'int32'), [batch, 1]);
  const segments = reshape(add(reshape(indices, [batch, count]), starts), [batch * count]) as Tensor1D;
  const rows = transpose(reshape(dy, [batch, outer, count, inner]), [0, 2, 1, 3]);
  const sums = unsortedSegmentSum(reshape(rows, [batch * count, outer * inner]), segments, batch * size);
  return reshape(transpose(reshape(sums, [batch, size, outer, inner]), [0, 2, 1, 3]), shape);
}
