import { gaussianPrior, generator, logit, maximizeActivation } from '@cnnviz/actmax';
import { accuracy, type DataSet, imageBatches, lenet, type Progress, trainModel } from '@cnnviz/example-support';
import { createRandom, type LabeledImages } from '@cnnviz/internal';
import { classifier, type LoadedGenerator, trainable } from '@cnnviz/models';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

export interface SvhnDigits {
  /** What the generator makes of the codes, `[n, 32, 32, 3]` in [0, 1]. The caller disposes. */
  photographs: Tensor4D;
  /** What the digit network sees of them, `[n, 28, 28, 1]`. The caller disposes. */
  seen: Tensor4D;
  digits: number[];
  /** Probability of the digit. */
  confidences: number[];
  testAccuracy: number;
}

/**
 * Draws digits with a generator of house-number photographs for a network that has only seen handwriting.
 *
 * The network learns MNIST in random shades, light on dark and dark on light, or a photograph would tell it nothing.
 */
export async function drawHouseNumbers(
  svhn: LoadedGenerator,
  { train, test }: DataSet,
  {
    epochs,
    starts,
    steps,
    seed,
    progress,
  }: { epochs: number; starts: number; steps: number; seed: number; progress: Progress },
): Promise<SvhnDigits> {
  const model = lenet({ seed, inputShape: train.shape, classes: train.classes.length });
  const classify = classifier(model);
  try {
    await progress.stage('a network for digits in any shade', epochs * train.labels.length, (update) =>
      trainModel(trainable(model), (epoch) => shaded(imageBatches(train, { size: 64, seed, epoch }), seed + epoch), {
        epochs,
        learningRate: (epoch) => 0.02 * 0.5 ** epoch,
        onProgress: (progress) => update(progress, `${(100 * progress.accuracy).toFixed(1)} % right`),
      }),
    );
    const testAccuracy = await accuracy(classify, shaded(imageBatches(test, { size: 500 }), seed));
    const digits = Array.from({ length: starts * train.classes.length }, (_, i) => i % train.classes.length);
    const { images, last, state } = await progress.stage('house numbers', steps, (update) =>
      maximizeActivation({
        objective: logit(classify, digits),
        parameterization: generator(svhn.generator, {
          codeLength: svhn.codeLength,
          range: [-1, 1],
          bounds: [0, 1],
          map: asDigits,
        }),
        regularizers: [gaussianPrior({ weight: 0.05 })],
        steps,
        seed,
        onProgress: ({ step }) => update(step),
      }),
    );
    const codes = tf.tensor2d(state.variables, [digits.length, svhn.codeLength]);
    const { photographs, probabilities } = tf.tidy(() => ({
      photographs: tf.div(tf.add(svhn.generator(codes), 1), 2) as Tensor4D,
      probabilities: tf.softmax(classify(last.images)),
    }));
    const rows = await probabilities.array();
    tf.dispose([codes, probabilities, images]);
    return {
      photographs,
      seen: last.images,
      digits,
      confidences: rows.map((row, i) => row[digits[i]!]!),
      testAccuracy,
    };
  } finally {
    model.dispose();
  }
}

/** Photographs `[n, 32, 32, 3]` in [-1, 1] to their middle in gray, `[n, 28, 28, 1]` in [0, 1]. */
function asDigits(photographs: Tensor4D): Tensor4D {
  const gray = tf.mean(photographs, 3, true) as Tensor4D;
  const middle = tf.slice(gray, [0, 2, 2, 0], [-1, 28, 28, 1]);
  return tf.div(tf.add(middle, 1), 2);
}

/** Each image between two shades of its own, at least 0.3 apart. */
function shaded(batches: Iterable<LabeledImages>, seed: number): Iterable<LabeledImages> {
  return {
    *[Symbol.iterator]() {
      const random = createRandom(seed);
      for (const { images, labels } of batches) {
        const shades = Array.from({ length: images.shape[0] }, () => {
          const [low, distance] = [0.7 * random.uniform(), 0.3 + 0.7 * random.uniform()];
          const high = Math.min(1, low + distance);
          return random.uniform() < 0.5 ? [low, high] : [high, low];
        });
        const batch = tf.tidy(() => {
          const ofEach = (side: 0 | 1) =>
            tf.tensor4d(
              shades.map((pair) => pair[side]!),
              [shades.length, 1, 1, 1],
            );
          return tf.add(ofEach(0), tf.mul(images, tf.sub(ofEach(1), ofEach(0)))) as Tensor4D;
        });
        try {
          yield { images: batch, labels };
        } finally {
          batch.dispose();
        }
      }
    },
  };
}
