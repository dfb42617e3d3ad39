import type { AnyClassifier } from '@cnnviz/internal';
import { askModel, type Check, checker, requireFinite, warnOfProbabilities } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { checkLogits } from '../losses/logits-and-gradient.ts';

export interface Prediction {
  /** The most likely class. */
  label: number;
  /** Its probability. */
  confidence: number;
}

export interface NamedPrediction extends Prediction {
  /** Name of the class, or its number. */
  name: string;
}

/**
 * What a model takes each image for.
 *
 * @param model Images `[n, h, w, c]` to logits `[n, classes]`, at once or later.
 * @param images `[n, h, w, c]`.
 * @returns The most likely class of each image and its probability; plain data.
 * @throws TypeError if an argument is of another kind, or `model` does not return logits `[n, 2 or more]`.
 * @throws Error if a confidence is not finite, as of logits with NaN: no class is the largest of them.
 *
 * @example
 * import { predict } from '@cnnviz/adversarial';
 *
 * const [first] = await predict(model, images);
 * console.log(first?.label, first?.confidence);
 */
export async function predict(model: AnyClassifier, images: Tensor4D): Promise<Prediction[]> {
  return predictions(checker('@cnnviz/adversarial', 'predict'), model, images);
}

/** `predict` under the name of the function that was called. */
export async function predictions(check: Check, model: AnyClassifier, images: Tensor4D): Promise<Prediction[]> {
  check.callable('model', model);
  check.images('images', images);
  const answers = await askModel(model, images, (answer) => {
    const logits = checkLogits(check, answer, images.shape[0]);
    warnOfProbabilities(check, model, logits);
    return tf.stack([tf.cast(tf.argMax(logits, 1), 'float32'), tf.max(tf.softmax(logits), 1)], 1);
  });
  try {
    await requireFinite(check, 'confidences', answers);
    const values = await answers.data();
    return Array.from({ length: images.shape[0] }, (_, image) => ({
      label: values[2 * image]!,
      confidence: values[2 * image + 1]!,
    }));
  } finally {
    answers.dispose();
  }
}
