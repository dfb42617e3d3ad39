import * as tf from '@tensorflow/tfjs-core';

/**
 * Makes a registered backend the current one and has it add two numbers.
 *
 * @throws Error if it does not initialize or does not answer 3.
 */
export async function activate(backend: string): Promise<void> {
  if (!(await tf.setBackend(backend))) throw new Error('its initialization failed');
  const sum = tf.tidy(() => tf.add(tf.tensor1d([1]), tf.tensor1d([2])));
  try {
    const [value] = await sum.data();
    if (value !== 3) throw new Error(`it adds 1 and 2 to ${value}`);
  } finally {
    sum.dispose();
  }
}
