import {
  type Batches,
  type Classifier,
  checker,
  type LabeledImages,
  type LongWork,
  reportProgress,
} from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';

/** Images judged so far and how many of them rightly. */
export interface AccuracyProgress {
  images: number;
  correct: number;
}

/**
 * The share of images whose largest logit is that of their label, from 0 to 1. Equal logits go to the first.
 *
 * @throws Error if there are no images.
 */
export async function accuracy(
  model: Classifier,
  batches: Batches<LabeledImages>,
  work: LongWork<AccuracyProgress> = {},
): Promise<number> {
  let images = 0;
  let correct = 0;
  for await (const batch of batches) {
    const logits = tf.tidy(() => model(batch.images));
    try {
      correct += countCorrect(await logits.data<'float32'>(), await batch.labels.data<'int32'>());
    } finally {
      logits.dispose();
    }
    images += batch.images.shape[0];
    await reportProgress(work, { images, correct });
  }
  if (images === 0) checker('@cnnviz/example-support', 'accuracy').failBecause('state', 'there are no images');
  return correct / images;
}

/** How many rows of `logits` `[n, classes]` are largest at their label. */
export function countCorrect(logits: Float32Array, labels: Int32Array): number {
  const classes = logits.length / labels.length;
  let correct = 0;
  for (const [row, label] of labels.entries()) {
    const ofImage = logits.subarray(row * classes, (row + 1) * classes);
    const largest = ofImage.reduce((best, logit, index) => (logit > ofImage[best]! ? index : best), 0);
    if (largest === label) correct++;
  }
  return correct;
}
