import { add, type GradConfig, range, reshape, scatterND, type Tensor, TopK, zeros } from '@tensorflow/tfjs-core';

/** Each of the largest values passes its gradient to where it was found. */
export const topKGradient: GradConfig = {
  kernelName: TopK,
  inputsToSave: ['x'],
  outputsToSave: [false, true],
  gradFunc: (dy, saved) => {
    const [x, indices] = saved as [Tensor, Tensor];
    return { x: () => scatter((dy as Tensor[])[0]!, indices, x.shape) };
  },
};

function scatter(dy: Tensor, indices: Tensor, shape: number[]): Tensor {
  if (dy.size === 0) return zeros(shape);
  const [size, count] = [shape.at(-1)!, indices.shape.at(-1)!];
  const rows = dy.size / count;
  const starts = reshape(range(0, rows * size, size, 'int32'), [rows, 1]);
  const places = reshape(add(reshape(indices, [rows, count]), starts), [rows * count, 1]);
  return reshape(scatterND(places, reshape(dy, [rows * count]), [rows * size]), shape);
}
