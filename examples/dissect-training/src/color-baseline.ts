import { type ImageSet, multilayerPerceptron } from '@cnnviz/example-support';
import { disposeOptimizer, type LabeledImages } from '@cnnviz/internal';
import { trainable } from '@cnnviz/models';
import { shuffledBatches, train } from '@cnnviz/regularizers';
import * as tf from '@tensorflow/tfjs-core';

/** Of each of red, green and blue. */
const LEVELS = 4;
const BINS = LEVELS ** 3;

/**
 * How well a task is solved by the colors of an image alone: the shares of its pixels in 64 bins of RGB, seen by a
 * network with one hidden layer.
 *
 * @returns The best accuracy on the validation images over the epochs, from 0 to 1: more than such a network could be
 *   chosen to have.
 */
export async function colorAccuracy(
  training: ImageSet,
  validation: ImageSet,
  { seed, epochs }: { seed: number; epochs: number },
): Promise<number> {
  const classes = training.classes.length;
  const model = multilayerPerceptron({ hiddenLayers: 1, units: 64, inputShape: [1, 1, BINS], classes, seed });
  const optimizer = tf.train.adam(0.003);
  const [seen, heldOut] = [colorHistograms(training), colorHistograms(validation)];
  try {
    const { history } = await train(trainable(model), shuffledBatches(seen, { size: 64, seed }), {
      optimizer,
      epochs,
      seed,
      validation: [heldOut],
    });
    return Math.max(...history.map(({ validationAccuracy }) => validationAccuracy!));
  } finally {
    model.dispose();
    disposeOptimizer(optimizer);
    tf.dispose([seen.images, seen.labels, heldOut.images, heldOut.labels]);
  }
}

/** As images of one pixel with a channel a bin, in units of their mean. */
function colorHistograms({ images, labels }: ImageSet): LabeledImages {
  const values = images.length / labels.length;
  const weight = (3 * BINS) / values;
  const shares = new Float32Array(labels.length * BINS);
  const levelOf = (value: number) => Math.floor((value * LEVELS) / 256);
  for (let image = 0; image < labels.length; image++) {
    for (let place = image * values; place < (image + 1) * values; place += 3) {
      const [r, g, b] = [levelOf(images[place]!), levelOf(images[place + 1]!), levelOf(images[place + 2]!)];
      shares[image * BINS + (r * LEVELS + g) * LEVELS + b]! += weight;
    }
  }
  return {
    images: tf.tensor4d(shares, [labels.length, 1, 1, BINS]),
    labels: tf.tensor1d(Int32Array.from(labels), 'int32'),
  };
}
