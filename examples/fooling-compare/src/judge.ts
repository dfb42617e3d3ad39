import type { Classifier } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** What a network says of images that were made for the classes 0, 1, 2, and so on. */
export interface Judgement {
  /** Probability of the class that each image was made for. */
  confidences: number[];
  /** The class that it is most confident of. */
  readings: number[];
  mean: number;
  /** How many it reads as what they were made for. */
  agreed: number;
}

export async function judge(model: Classifier, images: Tensor4D): Promise<Judgement> {
  const probabilities = tf.tidy(() => tf.softmax(model(images)));
  const rows = await probabilities.array();
  probabilities.dispose();
  const confidences = rows.map((row, made) => row[made]!);
  const readings = rows.map((row) => row.indexOf(Math.max(...row)));
  return {
    confidences,
    readings,
    mean: confidences.reduce((sum, confidence) => sum + confidence, 0) / confidences.length,
    agreed: readings.filter((reading, made) => reading === made).length,
  };
}
