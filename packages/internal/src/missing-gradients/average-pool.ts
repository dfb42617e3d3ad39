import {
  AvgPool,
  type AvgPoolAttrs,
  backend_util,
  getBackend,
  mul,
  type Tensor,
  tensor4d,
} from '@tensorflow/tfjs-core';
import type { MendedGradient } from './missing-gradient.ts';

/** Where an average over padding counts it, though the pooling itself does not. */
const wrongBackends = ['cpu', 'webgl', 'webgpu'];

/** At the border a pixel has a larger share of the average: fewer pixels are in it. */
export const averagePoolGradient: MendedGradient = {
  kernelName: AvgPool,
  mend: (original) => (dy, saved, attrs) => {
    if (!wrongBackends.includes(getBackend())) return original(dy, saved, attrs);
    return original(mul(dy as Tensor, shareOfPadding(saved[0]!, attrs as unknown as AvgPoolAttrs)), saved, attrs);
  },
};

/** [1, h, w, 1]: pixels under the window by those of the image among them. */
function shareOfPadding(x: Tensor, { filterSize, strides, pad, dimRoundingMode }: AvgPoolAttrs): Tensor {
  const shape = x.shape as [number, number, number, number];
  const pool = backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  const within = (count: number, start: number, stride: number, window: number, size: number) =>
    Array.from({ length: count }, (_, i) => {
      const from = i * stride - start;
      return Math.min(from + window, size) - Math.max(from, 0);
    });
  const rows = within(pool.outHeight, pool.padInfo.top, pool.strideHeight, pool.filterHeight, pool.inHeight);
  const columns = within(pool.outWidth, pool.padInfo.left, pool.strideWidth, pool.filterWidth, pool.inWidth);
  const window = pool.filterHeight * pool.filterWidth;
  const shares = rows.flatMap((row) => columns.map((column) => window / (row * column)));
  return tensor4d(shares, [1, pool.outHeight, pool.outWidth, 1]);
}
