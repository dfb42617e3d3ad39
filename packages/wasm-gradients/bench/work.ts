import { createRandom } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Subject } from './models.ts';

export type Work = () => Promise<void>;

/** What is measured of a model: its forward pass, its input gradient and, where it trains, a training step. */
export function workOf({ images, classes, trains }: Subject, model: LayersModel): Record<string, Work> {
  const random = createRandom(2);
  const batch = images[0];
  const x = tf.tensor4d(random.fillUniform(new Float32Array(tf.util.sizeFromShape(images))), images);
  const labels = tf.oneHot(
    tf.tensor1d(
      Array.from({ length: batch }, () => random.integer(classes)),
      'int32',
    ),
    classes,
  );
  const endsInSoftmax =
    model.layers.at(-1)?.getClassName() === 'Softmax' || /softmax|prob/i.test(model.outputNames[0]!);
  const loss = (input: tf.Tensor, training: boolean): tf.Scalar =>
    tf.tidy(() => {
      const output = model.apply(input, { training }) as tf.Tensor2D;
      return endsInSoftmax
        ? tf.losses.logLoss<tf.Scalar>(labels, output)
        : tf.losses.softmaxCrossEntropy<tf.Scalar>(labels, output);
    });
  const works: Record<string, Work> = {
    forward: async () => {
      const y = tf.tidy(() => model.apply(x, { training: false }) as tf.Tensor);
      await y.data();
      tf.dispose(y);
    },
    gradient: async () => {
      const { value, grad } = tf.valueAndGrad((input: tf.Tensor) => loss(input, false))(x);
      await grad.data();
      await value.data();
      tf.dispose([value, grad]);
    },
  };
  if (!trains) return works;
  const optimizer = tf.train.sgd(1e-4);
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  works.step = async () => {
    const value = optimizer.minimize(() => loss(x, true), true, variables)!;
    await value.data();
    tf.dispose(value);
  };
  return works;
}
