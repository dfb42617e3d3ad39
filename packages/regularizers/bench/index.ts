import '@tensorflow/tfjs-layers';
import type { LabeledImages } from '@cnnviz/internal';
import { augment, randomCrop, randomMirror, type TrainableModel, train } from '@cnnviz/regularizers';
import { startBackend } from '@cnnviz/testing';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

// MLP 1x512 of Zhang et al. on a batch of 128 CIFAR images. Measured in turns within one process.
// Ratios are of the quickest quarter's slowest round, which others on the machine disturb less than the median.

const batchSize = 128;
const rounds = Number(process.argv[2] ?? 40);

function perceptron(pixels: number): TrainableModel {
  const variable = (shape: number[], value: number) => tf.tidy(() => tf.variable(tf.fill(shape, value)));
  const [first, firstBias] = [variable([pixels, 512], 0.01), variable([512], 0)];
  const [second, secondBias] = [variable([512, 10], 0.01), variable([10], 0)];
  return {
    variables: [first, firstBias, second, secondBias],
    apply: (images) => {
      const hidden = tf.relu(tf.add(tf.matMul(tf.reshape(images, [images.shape[0], pixels]), first), firstBias));
      return tf.add(tf.matMul(hidden as Tensor2D, second), secondBias) as Tensor2D;
    },
  };
}

async function handWrittenLoop(
  model: TrainableModel,
  batches: readonly LabeledImages[],
  optimizer: tf.Optimizer,
): Promise<void> {
  for (const { images, labels } of batches) {
    const loss = optimizer.minimize(
      () => tf.losses.softmaxCrossEntropy(tf.oneHot(labels, 10), model.apply(images, { training: true })) as tf.Scalar,
      true,
    )!;
    await loss.data();
    loss.dispose();
  }
}

async function lowerQuartilesOf(contestants: Record<string, () => Promise<void>>): Promise<Record<string, number>> {
  const times: Record<string, number[]> = {};
  for (let round = -2; round < rounds; round++) {
    for (const [name, run] of Object.entries(contestants)) {
      const start = performance.now();
      await run();
      times[name] ??= [];
      if (round >= 0) times[name].push(performance.now() - start);
    }
  }
  const quartile = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 4)]!;
  return Object.fromEntries(Object.entries(times).map(([name, values]) => [name, quartile(values)]));
}

await startBackend('wasm');
const large = tf.fill([batchSize, 32, 32, 3], 0.5) as Tensor4D;
const cropped = tf.fill([batchSize, 28, 28, 3], 0.5) as Tensor4D;
const labels = tf.zeros([batchSize], 'int32') as tf.Tensor1D;
const batches = Array.from({ length: 4 }, () => ({ images: cropped, labels }));
const [model, other] = [perceptron(28 * 28 * 3), perceptron(28 * 28 * 3)];
const [optimizer, otherOptimizer] = [tf.train.momentum(0.01, 0.9), tf.train.momentum(0.01, 0.9)];
const cropAndMirror = augment(randomCrop({ size: [28, 28] }), randomMirror());
let seed = 0;

const times = await lowerQuartilesOf({
  'hand-written loop, 4 steps': () => handWrittenLoop(model, batches, optimizer),
  'train, 4 steps': async () => {
    await train(other, batches, { optimizer: otherOptimizer, epochs: 1, seed: 0 });
  },
  'crop and mirror 128 images': async () => {
    const varied = cropAndMirror(large, { seed: seed++ });
    await tf.slice(varied, 0, [1, 1, 1, 1]).data();
    varied.dispose();
  },
});
for (const [name, time] of Object.entries(times)) console.log(`${name}: ${time.toFixed(2)} ms`);
const step = times['hand-written loop, 4 steps']! / 4;
const overhead = times['train, 4 steps']! / times['hand-written loop, 4 steps']! - 1;
console.log(`train over the hand-written loop: ${(100 * overhead).toFixed(1)} % (at most 5 %)`);
console.log(
  `augmentation over one step: ${((100 * times['crop and mirror 128 images']!) / step).toFixed(1)} % (under 5 %)`,
);
