import { Cumsum, type CumsumAttrs, cumsum, type Tensor } from '@tensorflow/tfjs-core';
import type { MendedGradient } from './missing-gradient.ts';

/** The sums from the other end. tfjs transposes them once too often unless the axis is the last one. */
export const cumsumGradient: MendedGradient = {
  kernelName: Cumsum,
  mend: () => (dy, _, attrs) => {
    const { axis, exclusive, reverse } = attrs as unknown as CumsumAttrs;
    return { x: () => cumsum(dy as Tensor, axis, exclusive, !reverse) };
  },
};
