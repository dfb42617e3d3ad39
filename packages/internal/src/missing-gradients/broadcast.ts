import {
  BatchMatMul,
  backend_util,
  Maximum,
  Minimum,
  reshape,
  SquaredDifference,
  sum,
  type Tensor,
  util,
} from '@tensorflow/tfjs-core';
import type { MendedGradient } from './missing-gradient.ts';

/** The gradient of an input that was repeated to the shape of the other: the gradients of its copies add up, which tfjs forgets. */
export const broadcastGradients: MendedGradient[] = [Maximum, Minimum, SquaredDifference, BatchMatMul].map(
  (kernelName) => ({
    kernelName,
    mend: (original) => (dy, saved, attrs) => {
      const [a, b] = saved as [Tensor, Tensor];
      const gradients = original(dy, saved, attrs);
      return { a: () => sumTo(a.shape, gradients.a!()), b: () => sumTo(b.shape, gradients.b!()) };
    },
  }),
);

function sumTo(shape: number[], x: Tensor): Tensor {
  if (util.arraysEqual(shape, x.shape)) return x;
  return reshape(sum(x, backend_util.getReductionAxes(shape, x.shape)), shape);
}
