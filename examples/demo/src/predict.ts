import type { Classifier } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';

export interface Prediction {
  /** The most likely class. */
  label: number;
  /** Its probability. */
  confidence: number;
}

/** What a network takes each image `[n, h, w, c]` for. */
export async function predict(model: Classifier, images: tf.Tensor4D): Promise<Prediction[]> {
  const probabilities = tf.tidy(() => tf.softmax(model(images)));
  try {
    const values = await probabilities.data();
    const [count, classes] = probabilities.shape;
    return Array.from({ length: count }, (_, image) => {
      const row = values.subarray(image * classes, (image + 1) * classes);
      const confidence = Math.max(...row);
      return { label: row.indexOf(confidence), confidence };
    });
  } finally {
    probabilities.dispose();
  }
}
