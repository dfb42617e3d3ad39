import type { Classifier, Probe, Trainable } from '@cnnviz/internal';
import { createRandom } from '@cnnviz/internal';
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

export interface TinyCnnOptions {
  /** Shape of one image. Default: `[8, 8, 1]`. */
  shape?: readonly [height: number, width: number, channels: number];
  /** Number of classes. Default: 3. */
  classes?: number;
  /** Average pooling has no ties, so its gradients agree on all backends; max pooling may have them. Default: `average`. */
  pooling?: 'average' | 'max';
  /** Whether to return probabilities instead of logits. Default: `false`. */
  softmax?: boolean;
  /** Seed of the weights. Default: 0. */
  seed?: number;
}

interface Weights<T> {
  firstKernel: T;
  firstBias: T;
  secondKernel: T;
  secondBias: T;
  denseKernel: T;
  denseBias: T;
}

/** A fixed network: convolution to 4 maps, ReLU, 2x2 pooling, convolution to 6 maps, ReLU, global average, dense. */
export function tinyCnn(options: TinyCnnOptions = {}): Classifier {
  const { pooling = 'average', softmax = false } = options;
  const weights = drawWeights(options);
  return (images) =>
    tf.tidy(() => {
      const onDevice = mapWeights(weights, ({ values, shape }) => tf.tensor(values, shape));
      const logits = logitsOf(onDevice, mapsOf(onDevice, images, pooling));
      return softmax ? tf.softmax(logits) : logits;
    });
}

/** The activations `[n, h / 2, w / 2, 6]` of the second convolution of the `tinyCnn` with the same options. */
export function tinyProbe(options: TinyCnnOptions = {}): Probe {
  const { pooling = 'average' } = options;
  const weights = drawWeights(options);
  return (images) =>
    tf.tidy(() => {
      const onDevice = mapWeights(weights, ({ values, shape }) => tf.tensor(values, shape));
      return mapsOf(onDevice, images, pooling);
    });
}

/**
 * The `tinyCnn` with the same options and with weights that an optimizer can change. The odd maps are silent in training, so
 * that `training` makes a difference.
 *
 * @returns A model on the current backend; the caller disposes its `variables`.
 */
export function tinyTrainable(options: TinyCnnOptions = {}): Trainable {
  const { pooling = 'average' } = options;
  const weights = mapWeights(drawWeights(options), ({ values, shape }) =>
    tf.tidy(() => tf.variable(tf.tensor(values, shape))),
  );
  return {
    variables: Object.values(weights),
    apply: (images, { training }) =>
      tf.tidy(() => {
        const maps = mapsOf(weights, images, pooling);
        return logitsOf(weights, training ? tf.mul(maps, tf.tensor1d([2, 0, 2, 0, 2, 0])) : maps);
      }),
  };
}

function mapsOf<T extends Tensor>(weights: Weights<T>, images: Tensor4D, pooling: 'average' | 'max'): Tensor4D {
  const first = tf.conv2d(images, weights.firstKernel as unknown as Tensor4D, 1, 'same');
  const fired = tf.relu(tf.add(first, weights.firstBias)) as Tensor4D;
  const pooled = pooling === 'max' ? tf.maxPool(fired, 2, 2, 'valid') : tf.avgPool(fired, 2, 2, 'valid');
  const second = tf.conv2d(pooled, weights.secondKernel as unknown as Tensor4D, 1, 'same');
  return tf.relu(tf.add(second, weights.secondBias)) as Tensor4D;
}

function logitsOf<T extends Tensor>(weights: Weights<T>, maps: Tensor): Tensor2D {
  const averages = tf.mean(maps, [1, 2]) as Tensor2D;
  return tf.add(tf.matMul(averages, weights.denseKernel), weights.denseBias);
}

interface DrawnWeights {
  values: Float32Array;
  shape: number[];
}

function drawWeights({
  shape: [, , channels] = [8, 8, 1],
  classes = 3,
  seed = 0,
}: TinyCnnOptions): Weights<DrawnWeights> {
  const random = createRandom(seed);
  const draw = (deviation: number, ...shape: number[]): DrawnWeights => ({
    values: random.fillNormal(new Float32Array(tf.util.sizeFromShape(shape)), 0, deviation),
    shape,
  });
  return {
    firstKernel: draw(Math.sqrt(2 / (9 * channels)), 3, 3, channels, 4),
    firstBias: draw(0.1, 4),
    secondKernel: draw(Math.sqrt(2 / (9 * 4)), 3, 3, 4, 6),
    secondBias: draw(0.1, 6),
    denseKernel: draw(2, 6, classes),
    denseBias: draw(0.1, classes),
  };
}

function mapWeights<A, B>(weights: Weights<A>, transform: (weight: A) => B): Weights<B> {
  return Object.fromEntries(
    Object.entries(weights).map(([name, weight]) => [name, transform(weight)]),
  ) as unknown as Weights<B>;
}
