import {
  type Batches,
  checker,
  type LabeledImages,
  type LongWork,
  reportProgress,
  requireGradients,
  type Trainable,
} from '@cnnviz/internal';
import type { Scalar, Tensor2D, Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { accuracy, countCorrect } from './accuracy.ts';

export interface TrainModelOptions extends LongWork<TrainModelProgress> {
  epochs: number;
  /** One number, or that of each epoch from 0. */
  learningRate: number | ((epoch: number) => number);
  /** Of the gradient's running sum. Default: 0.9, as Zhang et al. take. */
  momentum?: number;
  /** Judged after each epoch. Default: nothing is. */
  test?: Batches<LabeledImages>;
}

export interface TrainModelProgress {
  /** From 0. */
  epoch: number;
  /** Training images seen in all epochs. */
  images: number;
  /** Of the epoch so far. */
  loss: number;
  accuracy: number;
}

/** One epoch of training. */
export interface LearningCurvePoint {
  /** From 1. */
  epoch: number;
  /** Mean cross-entropy of the training images, each as it was met, before its step. */
  loss: number;
  /** Likewise, from 0 to 1. */
  trainAccuracy: number;
  /** After the epoch, if there are test images. */
  testAccuracy?: number;
}

/**
 * Trains a classifier by stochastic gradient descent with momentum on softmax cross-entropy.
 *
 * @param model Its variables are changed.
 * @param batchesOfEpoch The batches of each epoch, from 0: `(epoch) => imageBatches(train, { size, seed, epoch })`.
 * @returns The learning curve. The same model, batches and options give the same one.
 * @throws Error if the loss is not finite, saying at which step. After a throw or an abort the variables are what the
 * last step made them.
 */
export async function trainModel(
  model: Trainable,
  batchesOfEpoch: (epoch: number) => Batches<LabeledImages>,
  options: TrainModelOptions,
): Promise<LearningCurvePoint[]> {
  const check = checker('@cnnviz/example-support', 'trainModel');
  const epochs = check.number('epochs', options.epochs, { integer: true, min: 1 });
  const momentum = check.number('momentum', options.momentum ?? 0.9, { min: 0, below: 1 });
  const { learningRate, test } = options;
  const learningRateOf = (epoch: number) =>
    check.number('learningRate', typeof learningRate === 'function' ? learningRate(epoch) : learningRate, { above: 0 });
  requireGradients(check);
  options.signal?.throwIfAborted();

  // tfjs-core's own momentum optimizer keeps a tensor when it is disposed.
  const velocities = model.variables.map((variable) => tf.tidy(() => tf.variable(tf.zerosLike(variable), false)));
  const curve: LearningCurvePoint[] = [];
  let step = 0;
  let images = 0;
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      const rate = learningRateOf(epoch);
      let [seen, correct, totalLoss] = [0, 0, 0];
      for await (const batch of batchesOfEpoch(epoch)) {
        const count = batch.images.shape[0];
        const { loss, logits } = takeStep(model, batch, { velocities, momentum, rate });
        try {
          const lossValue = (await loss.data())[0]!;
          if (!Number.isFinite(lossValue)) {
            check.failBecause('state', `the loss must be finite, got ${lossValue} at step ${step}`);
          }
          totalLoss += lossValue * count;
          correct += countCorrect(await logits.data<'float32'>(), await batch.labels.data<'int32'>());
        } finally {
          tf.dispose([loss, logits]);
        }
        step++;
        seen += count;
        images += count;
        await reportProgress(options, { epoch, images, loss: totalLoss / seen, accuracy: correct / seen });
      }
      if (seen === 0) check.failBecause('state', `epoch ${epoch} has no images`);
      const point: LearningCurvePoint = { epoch: epoch + 1, loss: totalLoss / seen, trainAccuracy: correct / seen };
      if (test !== undefined) {
        const classifier = (testImages: LabeledImages['images']) => model.apply(testImages, { training: false });
        point.testAccuracy = await accuracy(classifier, test, { signal: options.signal });
      }
      curve.push(point);
    }
  } finally {
    tf.dispose(velocities);
  }
  return curve;
}

/**
 * v ← momentum · v + gradient, w ← w - rate · v.
 *
 * @returns The loss and the logits from before the step.
 */
function takeStep(
  model: Trainable,
  { images, labels }: LabeledImages,
  { velocities, momentum, rate }: { velocities: Variable[]; momentum: number; rate: number },
): { loss: Scalar; logits: Tensor2D } {
  return tf.tidy(() => {
    let logits: Tensor2D | undefined;
    try {
      const { value: loss, grads } = tf.variableGrads(() => {
        logits = tf.keep(model.apply(images, { training: true }));
        return tf.losses.softmaxCrossEntropy(tf.oneHot(labels, logits.shape[1]), logits) as Scalar;
      }, model.variables);
      for (const [index, variable] of model.variables.entries()) {
        const velocity = velocities[index]!;
        velocity.assign(tf.add(tf.mul(velocity, momentum), grads[variable.name]!));
        variable.assign(tf.sub(variable, tf.mul(velocity, rate)));
      }
      return { loss, logits: logits! };
    } catch (error) {
      logits?.dispose();
      throw error;
    }
  });
}
