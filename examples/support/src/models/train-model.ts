import { type Batches, checker, disposeOptimizer, type LabeledImages, type LongWork } from '@cnnviz/internal';
import { type TrainableModel, type TrainProgress, train } from '@cnnviz/regularizers';
import type { Scalar } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

export interface TrainModelOptions extends LongWork<TrainProgress> {
  epochs: number;
  /** One number, or the rate of each epoch, counted from 0. */
  learningRate: number | ((epoch: number) => number);
  /** Decay of the gradient's running sum. Default: 0.9, as Zhang et al. take. */
  momentum?: number;
  /** Measured after each epoch. Default: nothing. */
  test?: Batches<LabeledImages>;
}

/** One epoch of training. */
export interface LearningCurvePoint {
  /** From 0. */
  epoch: number;
  /** Mean cross-entropy of the training images, each before the step of its batch. */
  loss: number;
  /** Likewise, from 0 to 1. */
  trainAccuracy: number;
  /** After the epoch, if there are test images. */
  testAccuracy?: number;
}

/**
 * Trains a classifier by stochastic gradient descent with momentum on softmax cross-entropy: `train` as most examples
 * need it.
 *
 * @param model Its variables are changed.
 * @param batchesOfEpoch The batches of each epoch, from 0: `(epoch) => imageBatches(train, { size, seed, epoch })`.
 * @returns The learning curve. The same model, batches and options give the same one.
 * @throws Error if the loss is not finite; says in which epoch and batch.
 */
export async function trainModel(
  model: TrainableModel,
  batchesOfEpoch: (epoch: number) => Batches<LabeledImages>,
  { learningRate, momentum = 0.9, test, ...options }: TrainModelOptions,
): Promise<LearningCurvePoint[]> {
  const check = checker('@cnnviz/example-support', 'trainModel');
  check.number('momentum', momentum, { min: 0, below: 1 });
  const rateOf = (epoch: number) =>
    check.number('learningRate', typeof learningRate === 'function' ? learningRate(epoch) : learningRate, { above: 0 });
  const optimizer = tf.train.momentum(rateOf(0), momentum);
  try {
    const { history } = await train(model, batchesOfEpoch, {
      ...options,
      optimizer,
      schedule: rateOf,
      loss: (logits, labels) => tf.losses.softmaxCrossEntropy(labels, logits) as Scalar,
      ...(test && { validation: test }),
    });
    return history.map(({ epoch, loss, accuracy, validationAccuracy }) => ({
      epoch,
      loss,
      trainAccuracy: accuracy,
      ...(validationAccuracy !== undefined && { testAccuracy: validationAccuracy }),
    }));
  } finally {
    disposeOptimizer(optimizer);
  }
}
