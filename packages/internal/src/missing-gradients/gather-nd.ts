import {
  GatherNd,
  type GradConfig,
  gatherND,
  reshape,
  ScatterNd,
  scatterND,
  type Tensor,
  util,
  zeros,
} from '@tensorflow/tfjs-core';

/** Each slice goes back to where it was taken from; what was taken twice adds up. */
export const gatherNdGradient: GradConfig = {
  kernelName: GatherNd,
  inputsToSave: ['params', 'indices'],
  gradFunc: (dy, saved) => {
    const [params, indices] = saved as [Tensor, Tensor];
    return { params: () => scatter(dy as Tensor, indices, params.shape), indices: () => zeros(indices.shape) };
  },
};

function scatter(dy: Tensor, indices: Tensor, shape: number[]): Tensor {
  if (dy.size === 0) return zeros(shape);
  const depth = indices.shape.at(-1)!;
  const count = indices.size / depth;
  return scatterND(reshape(indices, [count, depth]), reshape(dy, [count, ...shape.slice(depth)]), shape);
}

/** Each update was added at one place. */
export const scatterNdGradient: GradConfig = {
  kernelName: ScatterNd,
  inputsToSave: ['indices', 'updates'],
  gradFunc: (dy, saved) => {
    const [indices, updates] = saved as [Tensor, Tensor];
    return {
      indices: () => zeros(indices.shape),
      updates: () => (util.sizeFromShape(updates.shape) === 0 ? zeros(updates.shape) : gatherND(dy as Tensor, indices)),
    };
  },
};
