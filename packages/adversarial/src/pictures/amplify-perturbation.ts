import type { Bounds } from '@cnnviz/internal';
import { type Check, checker, requireWithin } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

export interface AmplifyPerturbationOptions {
  /** What a valid pixel may be: the range that the model was trained on. */
  bounds: Bounds;
  /**
   * How many times the change is shown, > 0. Default: as many times as leave the largest change of all images inside the
   * picture, rounded down to a whole number where that is 1 or more.
   */
  amplification?: number;
}

export interface AmplifiedPerturbation {
  /** `[n, h, w, c]` in [0, 1]: mid gray is no change. The caller disposes. */
  pictures: Tensor4D;
  /** How many times the change is shown: to be printed beside the pictures. */
  amplification: number;
  /** The largest change of a pixel of each image, in the units of the pixels. */
  largest: number[];
}

/**
 * What was added to images, made visible: 0.5 + amplification (adversarial - image) / (max - min).
 *
 * @param images `[n, h, w, c]` inside `bounds`.
 * @param adversarial The same images after an attack; a point outside `bounds` is shown as it is.
 * @returns The `pictures`, which the caller disposes, and plain data to print beside them.
 * @throws RangeError if an option is out of its range, an image outside `bounds`, or the shapes differ.
 * @throws TypeError if an argument is of another kind.
 *
 * @example
 * import { amplifyPerturbation, fgsm } from '@cnnviz/adversarial';
 *
 * const adversarial = fgsm(model, images, labels, { epsilon: 0.1, bounds: [0, 1] });
 * const { pictures, amplification } = await amplifyPerturbation(images, adversarial, { bounds: [0, 1] });
 * console.log(pictures.shape, `× ${amplification}`);
 */
export async function amplifyPerturbation(
  images: Tensor4D,
  adversarial: Tensor4D,
  options: AmplifyPerturbationOptions,
): Promise<AmplifiedPerturbation> {
  return amplify(checker('@cnnviz/adversarial', 'amplifyPerturbation'), images, adversarial, options);
}

/** `amplifyPerturbation` under the name of the function that was called. */
export async function amplify(
  check: Check,
  images: Tensor4D,
  adversarial: Tensor4D,
  options: AmplifyPerturbationOptions,
): Promise<AmplifiedPerturbation> {
  check.options(options);
  check.images('images', images);
  check.images('adversarial', adversarial);
  if (!tf.util.arraysEqual(images.shape, adversarial.shape)) {
    check.fail('range', 'adversarial', `of the shape of images, [${images.shape.join(', ')}]`, adversarial);
  }
  const [min, max] = check.bounds('bounds', options.bounds);
  const asked = options.amplification;
  if (asked !== undefined) check.number('amplification', asked, { above: 0 });
  await requireWithin(check, 'images', images, [min, max]);
  const changes = tf.tidy(() => tf.max(tf.abs(tf.sub(adversarial, images)), [1, 2, 3]));
  const largest = [...(await changes.data())];
  tf.dispose(changes);
  const amplification = asked ?? mostThatFits(Math.max(...largest) / (max - min));
  const pictures = tf.tidy(() => {
    const change = tf.mul(tf.sub(adversarial, images), amplification / (max - min));
    return tf.clipByValue(tf.add(change, 0.5), 0, 1) as Tensor4D;
  });
  return { pictures, amplification, largest };
}

function mostThatFits(largestShare: number): number {
  if (!(largestShare > 0)) return 1;
  const most = 0.5 / largestShare;
  // A change of 1 / 10 in float32 is a little more or less than that.
  return most < 1 ? most : Math.floor(most * (1 + 1e-5));
}
