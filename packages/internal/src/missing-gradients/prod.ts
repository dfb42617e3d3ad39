import { cumprod, mul, Prod, type ProdAttrs, reshape, type Tensor, transpose, util } from '@tensorflow/tfjs-core';
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

function gradientOf(x: Tensor, dy: Tensor, axes: number[]): Tensor {
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const order = [...kept, ...axes];
  const turned = transpose(x, order);
  const rows = util.sizeFromShape(kept.map((axis) => x.shape[axis]!));
  const factors = reshape(turned, [rows, x.size / rows]);
  const others = mul(cumprod(factors, 1, true, false), cumprod(factors, 1, true, true));
  const gradient = reshape(mul(others, reshape(dy, [rows, 1])), turned.shape);
  return transpose(
    gradient,
    x.shape.map((_, axis) => order.indexOf(axis)),
  );
}
