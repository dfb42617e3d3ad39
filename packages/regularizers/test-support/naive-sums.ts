import type { KernelFunc, Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Runs `work` on a cpu backend that adds up float32 numbers one by one, as stock wasm does: over a whole image they
 * lose a thousandth.
 */
export async function withNaiveSums<T>(work: () => T | Promise<T>): Promise<T> {
  const stock = ['Sum', 'Mean'].map((kernelName) => tf.getKernel(kernelName, 'cpu'));
  const register = (kernelName: string, kernelFunc: KernelFunc) => {
    tf.unregisterKernel(kernelName, 'cpu');
    tf.registerKernel({ kernelName, backendName: 'cpu', kernelFunc });
  };
  for (const kernelName of ['Sum', 'Mean']) {
    register(kernelName, ({ inputs, attrs, backend }) => {
      const { axis, keepDims } = attrs as unknown as { axis: number | number[]; keepDims: boolean };
      return naiveSum(inputs.x as Tensor, axis, keepDims, kernelName === 'Mean', backend as CpuBackend);
    });
  }
  try {
    return await work();
  } finally {
    for (const { kernelName, kernelFunc } of stock) register(kernelName, kernelFunc);
  }
}

interface CpuBackend {
  data: { get(dataId: object): { values: Float32Array } };
  makeTensorInfo(shape: number[], dtype: 'float32', values: Float32Array): tf.TensorInfo;
}

function naiveSum(
  x: tf.TensorInfo,
  axis: number | number[] | undefined,
  keepDims: boolean,
  isMean: boolean,
  backend: CpuBackend,
): tf.TensorInfo {
  const axes = tf.util.parseAxisParam(axis ?? x.shape.map((_, index) => index), x.shape);
  const kept = x.shape.map((size, index) => (axes.includes(index) ? 1 : size));
  const strides = tf.util.computeStrides(x.shape);
  const keptStrides = tf.util.computeStrides(kept);
  const { values } = backend.data.get(x.dataId);
  const sums = new Float32Array(tf.util.sizeFromShape(kept));
  for (let index = 0; index < values.length; index++) {
    const place = tf.util.indexToLoc(index, x.shape.length, strides).map((at, each) => (axes.includes(each) ? 0 : at));
    const target = tf.util.locToIndex(place, kept.length, keptStrides);
    // Rounded to float32 at each addition.
    sums[target] = sums[target]! + values[index]!;
  }
  const count = values.length / sums.length;
  const shape = keepDims ? kept : x.shape.filter((_, index) => !axes.includes(index));
  return backend.makeTensorInfo(shape, 'float32', isMean ? sums.map((sum) => sum / count) : sums);
}
