import type { AnyClassifier, Bounds } from '@cnnviz/internal';
import { checker, enlarge, requireNames, tileGrid } from '@cnnviz/internal';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { amplify } from './amplify-perturbation.ts';
import { type NamedPrediction, type Prediction, predictions } from './predict.ts';

export interface AdversarialStripOptions {
  /** What a valid pixel may be: the range that the model was trained on; black and white of the picture. */
  bounds: Bounds;
  /** As of `amplifyPerturbation`. */
  amplification?: number;
  /** Pixels between images. Default: 2. */
  padding?: number;
  /** Whole number by which each pixel is repeated both ways. Default: 1. */
  factor?: number;
  /** Name of each class. Default: its number. */
  classNames?: readonly string[];
}

export interface StripRow {
  before: NamedPrediction;
  after: NamedPrediction;
  /** Largest change of a pixel, in the units of the pixels. */
  largestChange: number;
}

export interface AdversarialStrip {
  /** `[height, width, 3]` in [0, 1]: a row for each image. The caller disposes. */
  picture: Tensor3D;
  /** How many times the change is shown. */
  amplification: number;
  rows: StripRow[];
}

/**
 * For each image a row of three: as it was, what was added (amplified), and the sum, as in the panda of Goodfellow et al.
 *
 * @param model Images `[n, h, w, c]` to logits `[n, classes]`, at once or later: says what it takes each image for, before
 *   and after.
 * @param images `[n, h, w, 1 or 3]` inside `bounds`.
 * @param adversarial The same images after an attack.
 * @returns The `picture`, which the caller disposes, and plain data to print beside it.
 * @throws RangeError if an option is out of its range, an image outside `bounds`, or the shapes differ.
 * @throws TypeError if an argument is of another kind, or `model` does not return logits `[n, 2 or more]`.
 *
 * @example
 * import { adversarialStrip, fgsm } from '@cnnviz/adversarial';
 *
 * const adversarial = fgsm(model, images, labels, { epsilon: 0.007, bounds: [0, 1] });
 * const { picture, amplification, rows } = await adversarialStrip(model, images, adversarial, { bounds: [0, 1] });
 * console.log(picture.shape, `perturbation × ${amplification}`);
 * for (const { before, after } of rows) console.log(`${before.name} became ${after.name}`);
 */
export async function adversarialStrip(
  model: AnyClassifier,
  images: Tensor4D,
  adversarial: Tensor4D,
  options: AdversarialStripOptions,
): Promise<AdversarialStrip> {
  const check = checker('@cnnviz/adversarial', 'adversarialStrip');
  check.options(options);
  const { bounds, amplification: asked } = options;
  const classNames = requireNames(check, 'classNames', options.classNames);
  const [min, max] = check.bounds('bounds', bounds);
  const padding = check.number('padding', options.padding ?? 2, { integer: true, min: 0 });
  const factor = check.number('factor', options.factor ?? 1, { integer: true, min: 1 });
  check.callable('model', model);
  const [count, height, width, channels] = check.images('images', images).shape;
  if (count === 0 || (channels !== 1 && channels !== 3)) {
    check.fail('range', 'images', 'a tensor [n, h, w, 1 or 3] with n >= 1', images);
  }
  const amplified = await amplify(check, images, adversarial, {
    bounds,
    ...(asked !== undefined && { amplification: asked }),
  });
  try {
    const [before, after] = [await predictions(check, model, images), await predictions(check, model, adversarial)];
    const named = (prediction: Prediction): NamedPrediction => ({
      ...prediction,
      name: classNames?.[prediction.label] ?? String(prediction.label),
    });
    const picture = tf.tidy(() => {
      const scaled = (values: Tensor4D) => tf.clipByValue(tf.div(tf.sub(values, min), max - min), 0, 1);
      const columns = tf.stack([scaled(images), amplified.pictures, scaled(adversarial)], 1);
      const tiles = tf.reshape(columns, [3 * count, height, width, channels]) as Tensor4D;
      return enlarge(tileGrid(tiles, { columns: 3, padding }), factor);
    });
    return {
      picture,
      amplification: amplified.amplification,
      rows: before.map((prediction, image) => ({
        before: named(prediction),
        after: named(after[image]!),
        largestChange: amplified.largest[image]!,
      })),
    };
  } finally {
    tf.dispose(amplified.pictures);
  }
}
