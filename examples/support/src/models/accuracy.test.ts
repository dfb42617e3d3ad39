import type { Classifier } from '@cnnviz/internal';
import { describeOnBackends } from '@cnnviz/testing';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { type AccuracyProgress, accuracy, countCorrect } from './accuracy.ts';

/** An image is its own logits. */
const identity: Classifier = (images) => tf.reshape(images, [images.shape[0], 3]) as Tensor2D;

const batchOf = (logits: number[][], labels: number[]) => ({
  images: tf.tensor4d(logits.flat(), [logits.length, 1, 1, 3]),
  labels: tf.tensor1d(labels, 'int32'),
});

it('counts rows whose largest logit is that of the label, equals going to the first', () => {
  const logits = Float32Array.of(1, 2, 3, -1, -2, -3, 5, 5, 0, 0, 5, 5);
  expect(countCorrect(logits, Int32Array.of(2, 0, 0, 2))).toBe(3);
});

describeOnBackends(['cpu', 'wasm'], () => {
  it('is the share over all batches, not the mean of their shares', async () => {
    const batches = [
      batchOf(
        [
          [1, 0, 0],
          [0, 1, 0],
          [0, 0, 1],
        ],
        [0, 1, 0],
      ),
      batchOf([[0, 0, 1]], [0]),
    ];
    const progress: AccuracyProgress[] = [];
    const before = tf.memory().numTensors;
    expect(await accuracy(identity, batches, { onProgress: (p) => void progress.push(p) })).toBe(0.5);
    expect(progress).toEqual([
      { images: 3, correct: 2 },
      { images: 4, correct: 2 },
    ]);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose(batches.flatMap(({ images, labels }) => [images, labels]));
  });

  it('stops when it is aborted', async () => {
    const abort = new AbortController();
    const batch = batchOf([[1, 0, 0]], [0]);
    const onProgress = () => abort.abort(new Error('enough'));
    await expect(accuracy(identity, [batch, batch], { signal: abort.signal, onProgress })).rejects.toThrow('enough');
    tf.dispose([batch.images, batch.labels]);
  });

  it('rejects where there are no images', async () => {
    await expect(accuracy(identity, [])).rejects.toThrow('@cnnviz/example-support: accuracy: there are no images');
  });
});
