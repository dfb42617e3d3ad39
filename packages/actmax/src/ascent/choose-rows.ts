import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** Takes each image's row from `chosen` or from `others`, exactly, whatever the other rows hold. */
export function chooseRows(isChosen: readonly boolean[], chosen: Tensor, others: Tensor): Tensor {
  if (isChosen.every(Boolean)) return tf.clone(chosen);
  // By `tf.gatherND`: `tf.where` of the wasm backend takes 10 to 30 times as long, `tf.gather` a hundred times (4.22).
  const rows = isChosen.map((isOwn, row) => (isOwn ? row : isChosen.length + row));
  return tf.tidy(() => {
    const both = tf.reshape(tf.concat([chosen, others]), [rows.length * 2, -1]);
    return tf.reshape(tf.gatherND(both, tf.tensor2d(rows, [rows.length, 1], 'int32')), chosen.shape);
  });
}
