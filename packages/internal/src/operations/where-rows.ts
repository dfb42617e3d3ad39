import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { takeRows } from './take-rows.ts';

/**
 * Chooses each row of a tensor from one of two: `tf.where` for whole images.
 *
 * Takes the rows, because `tf.where` of the wasm backend takes 10 to 30 times as long (4.22). Has no gradient.
 *
 * @param isChosen Whether a row is that of `chosen`; a list or bool `[n]`.
 * @param chosen `[n, …]`.
 * @param others Of the same shape.
 * @returns `[n, …]`, exact copies of the rows, whatever the rows hold that are left out. The caller disposes.
 */
export function whereRows<T extends Tensor>(isChosen: readonly boolean[] | Tensor1D, chosen: T, others: T): T {
  const count = chosen.shape[0]!;
  if (!(isChosen instanceof tf.Tensor)) {
    if (isChosen.every(Boolean)) return tf.clone(chosen);
    const rows = isChosen.map((isOwn, row) => (isOwn ? row : count + row));
    return tf.tidy(() => takeRows(tf.concat([chosen, others]) as T, rows));
  }
  return tf.tidy(() => {
    const isOther = tf.sub(1, tf.cast(isChosen, 'float32'));
    const rows = tf.cast(tf.add(tf.range(0, count), tf.mul(isOther, count)), 'int32') as Tensor1D;
    return takeRows(tf.concat([chosen, others]) as T, rows);
  });
}
