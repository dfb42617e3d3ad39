import {
  add,
  cast,
  div,
  equal,
  mul,
  Prod,
  type ProdAttrs,
  prod,
  reshape,
  sum,
  type Tensor,
  util,
} from '@tensorflow/tfjs-core';
import type { MendedGradient } from './missing-gradient.ts';

/** The product of the others, which may be zero. tfjs calls chained methods for it that a program need not have. */
export const prodGradient: MendedGradient = {
  kernelName: Prod,
  mend: () => (dy, saved, attrs) => {
    const [x] = saved as [Tensor];
    const { axis } = attrs as unknown as ProdAttrs;
    return { x: () => gradientOf(x, dy as Tensor, util.parseAxisParam(axis, x.shape)) };
  },
};

/**
 * The product of the factors that are not zero, divided by each. One zero leaves only its own gradient, two leave none.
 * Without `cumprod`, which webgpu computes wrongly for several rows, or `keepDims`, which it forgets (4.22).
 */
function gradientOf(x: Tensor, dy: Tensor, axes: number[]): Tensor {
  const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const isZero = cast(equal(x, 0), 'float32');
  const factors = add(x, isZero);
  const zeros = reshape(sum(isZero, axes), kept);
  const product = reshape(prod(factors, axes), kept);
  const counts = (count: number) => cast(equal(zeros, count), 'float32');
  const isLeft = add(counts(0), mul(counts(1), isZero));
  const others = mul(div(product, factors), isLeft);
  return mul(others, reshape(dy, kept));
}
