import * as tf from '@tensorflow/tfjs-core';

/** After a throw in a forward pass: what tfjs saved for the backward pass has outlived it, and nothing else frees it. */
export function disposeTape(): void {
  const { activeTape, gradientDepth } = tf.engine().state;
  if (gradientDepth > 0) return;
  for (const node of activeTape ?? []) tf.dispose(node.saved);
}
