import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Calls a model of fixed batch size with any number of images, `size` at a time. Copies of the last image pad the last
 * batch. It slices because the gradients of `tf.unstack` and `tf.split` fail for a single image.
 *
 * Called inside `tf.tidy`.
 */
export function inBatches(images: Tensor, size: number, run: (batch: Tensor) => Tensor[]): Tensor[] {
  const count = images.shape[0]!;
  if (count === size) return run(images);
  const parts: Tensor[][] = [];
  for (let start = 0; start < count; start += size) {
    const length = Math.min(size, count - start);
    const batch = filledUp(slicesOf(images, start, length), size);
    parts.push(run(batch).map((output) => (length === size ? output : slicesOf(output, 0, length))));
  }
  const [first = []] = parts;
  return first.map((output, index) =>
    parts.length === 1
      ? output
      : tf.concat(
          parts.map((part) => part[index]!),
          0,
        ),
  );
}

function slicesOf(tensor: Tensor, start: number, length: number): Tensor {
  const rest = tensor.shape.slice(1);
  return tf.slice(tensor, [start, ...rest.map(() => 0)], [length, ...rest]);
}

function filledUp(batch: Tensor, size: number): Tensor {
  const count = batch.shape[0]!;
  if (count === size) return batch;
  const last = slicesOf(batch, count - 1, 1);
  return tf.concat([batch, ...new Array<Tensor>(size - count).fill(last)], 0);
}
