import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Takes rows of a tensor, which are its parts along the first axis: images of a batch, pixels of a table.
 *
 * Uses `tf.gatherND`, because `tf.gather` of the wasm backend takes a hundred times as long (4.22). On webgl and webgpu it
 * uses `tf.gather`, because their `tf.gatherND` leaks two buffers if its inputs are small. Has no gradient.
 *
 * @param values `[n, …]`.
 * @param rows Numbers of the rows in the order of the result, also repeatedly; a list or int32 `[m]`.
 * @returns `[m, …]`, exact copies of the rows. The caller disposes.
 */
export function takeRows<T extends Tensor>(values: T, rows: ArrayLike<number> | Tensor1D): T {
  return tf.tidy(() => {
    const indices = rows instanceof tf.Tensor ? rows : tf.tensor1d(Int32Array.from(rows), 'int32');
    const [count, ...shape] = values.shape as [number, ...number[]];
    const wanted = indices.size;
    const isLeaky = ['webgl', 'webgpu'].includes(tf.getBackend());
    if (isLeaky || wanted === 0 || values.size === 0 || values.rank === 1) return tf.gather(values, indices);
    const table = tf.reshape(values, [count, tf.util.sizeFromShape(shape)]);
    return tf.reshape(tf.gatherND(table, tf.reshape(indices, [wanted, 1])), [wanted, ...shape]) as T;
  });
}
